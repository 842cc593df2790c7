package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
)

// A TopicSpec describes a topic. Where Config is silent, max.message.bytes is
// the client's MaxMessage and compression.type is uncompressed, so that brokers
// decompress what producers send, under that limit, and consumers need not.
type TopicSpec struct {
	Name       string // without the prefix
	Partitions int
	Config     map[string]string // Kafka's topic settings
}

// CreateTopics creates the topics that do not exist and returns their names
// without the prefix. It does not change one that exists. Replication is what
// the brokers have as their default.
func (c *Client) CreateTopics(ctx context.Context, specs []TopicSpec) (created []string, err error) {
	for _, spec := range specs {
		topic := kafka.TopicConfig{Topic: c.cfg.Prefix + spec.Name, NumPartitions: spec.Partitions, ReplicationFactor: -1}
		settings := map[string]string{
			"max.message.bytes": strconv.Itoa(c.cfg.MaxMessage),
			"compression.type":  "uncompressed",
		}
		for name, value := range spec.Config {
			settings[name] = value
		}
		for _, name := range sortedKeys(settings) {
			topic.ConfigEntries = append(topic.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: settings[name]})
		}
		answer, err := c.admin.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{topic}})
		if err == nil {
			err = answer.Errors[topic.Topic]
		}
		switch {
		case errors.Is(err, kafka.TopicAlreadyExists):
		case err != nil:
			return created, fmt.Errorf("create topic %s: %w", spec.Name, err)
		default:
			created = append(created, spec.Name)
		}
	}
	return created, nil
}

// CheckTopics returns an error that names the topics that do not exist: who sends
// to one would wait for it without a word.
func (c *Client) CheckTopics(ctx context.Context, names ...string) error {
	var missing []string
	for _, name := range names {
		_, err := c.partitions(ctx, name)
		switch {
		case errors.Is(err, kafka.UnknownTopicOrPartition):
			missing = append(missing, c.cfg.Prefix+name)
		case err != nil:
			return err
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the broker has no topics %s", strings.Join(missing, ", "))
	}
	return nil
}

// partitions returns how many partitions a topic has, from metadata that may be
// some seconds old.
func (c *Client) partitions(ctx context.Context, topic string) (int, error) {
	name := c.cfg.Prefix + topic
	answer, err := c.admin.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{name}})
	if err != nil {
		return 0, fmt.Errorf("partitions of %s: %w", topic, err)
	}
	for _, t := range answer.Topics {
		if t.Name == name && t.Error == nil && len(t.Partitions) > 0 {
			return len(t.Partitions), nil
		}
		if t.Name == name && t.Error != nil {
			return 0, fmt.Errorf("partitions of %s: %w", topic, t.Error)
		}
	}
	return 0, fmt.Errorf("partitions of %s: %w", topic, kafka.UnknownTopicOrPartition)
}

// bounds returns the oldest offset that a partition keeps and the one after its
// newest record.
func (c *Client) bounds(ctx context.Context, topic string, partition int) (start, end int64, err error) {
	name := c.cfg.Prefix + topic
	answer, err := c.admin.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
		name: {kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition)},
	}})
	if err != nil {
		return 0, 0, fmt.Errorf("offsets of %s/%d: %w", topic, partition, err)
	}
	for _, p := range answer.Topics[name] {
		switch {
		case p.Partition != partition:
		case p.Error != nil:
			return 0, 0, fmt.Errorf("offsets of %s/%d: %w", topic, partition, p.Error)
		case p.FirstOffset >= 0 && p.LastOffset >= p.FirstOffset:
			return p.FirstOffset, p.LastOffset, nil
		}
	}
	return 0, 0, fmt.Errorf("offsets of %s/%d: the broker does not say", topic, partition)
}
