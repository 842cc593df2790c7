package simulate

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// The files of a world's folder; each part has a folder of its own beside them.
const (
	manifestFile = "world.json"
	keyFile      = "token.key"
	listsDir     = "lists"
	ratesFile    = "rates.csv"
	labelsDir    = "labels"
	peopleFile   = "people.jsonl"
	networkFile  = "networks.jsonl"
)

// manifestVersion grows when the same seed and knobs make another world.
const manifestVersion = 1

// A manifest says how a world was made, so that it can be made again, and with other
// knobs. The pipeline does not read it.
type manifest struct {
	Version int                `json:"version"`
	Seed    uint64             `json:"seed"`
	People  int                `json:"people"`
	Days    int                `json:"days"`
	Start   time.Time          `json:"start"`
	Parts   int                `json:"parts"`
	Records map[Topic]int      `json:"records"`
	Knobs   map[string]float64 `json:"knobs"`
	// Ties says that the labels tell who dealt with a network, Lacks that they tell of whom in
	// one nothing is told, and why; those of older worlds do not.
	Ties  bool `json:"ties"`
	Lacks bool `json:"lacks"`
}

func (w *World) manifest(records map[Topic]int) manifest {
	m := manifest{
		Version: manifestVersion, Seed: w.o.Seed, People: w.o.People, Days: w.o.Days, Start: w.o.Start,
		Parts: w.Parts(), Records: records, Knobs: make(map[string]float64), Ties: true, Lacks: true,
	}
	for _, k := range w.o.Knobs.Table() {
		m.Knobs[k.Name] = *k.Value
	}
	return m
}

// options are what the manifest's world was made by. A knob that it does not know has its
// default value: it came later.
func (m manifest) options() (Options, error) {
	o := Options{Seed: m.Seed, People: m.People, Days: m.Days, Start: m.Start, Knobs: DefaultKnobs()}
	if m.Version != manifestVersion {
		return o, fmt.Errorf("%s: version %d, and this program makes version %d", manifestFile, m.Version, manifestVersion)
	}
	var errs []error
	for name, v := range m.Knobs {
		errs = append(errs, o.Knobs.Set(name, v))
	}
	return o, errors.Join(errs...)
}

func readManifest(dir string) (manifest, error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return manifest{}, fmt.Errorf("no world: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return manifest{}, fmt.Errorf("%s: %w", manifestFile, err)
	}
	return m, nil
}

// Known opens a world's folder only to make the same world again: the seed, the size and
// the knobs, to be turned by the caller, and the key of its tokens.
func Known(dir string) (Options, error) {
	m, err := readManifest(dir)
	if err != nil {
		return Options{}, err
	}
	o, err := m.options()
	if err != nil {
		return Options{}, err
	}
	o.Key, err = readKey(dir)
	return o, err
}

func readKey(dir string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("%s: not in hex", keyFile)
	}
	return key, nil
}

// maxKnobFile limits a file of knobs, in bytes.
const maxKnobFile = 1 << 20

// Load turns the knobs that a file names: name: value, in YAML or JSON.
func (k *Knobs) Load(r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, maxKnobFile+1))
	if err != nil {
		return err
	}
	if len(data) > maxKnobFile {
		return fmt.Errorf("more than %d bytes", maxKnobFile)
	}
	var values map[string]float64
	if err := yaml.Unmarshal(data, &values); err != nil {
		return fmt.Errorf("not a file of lines `knob: number`: %w", err)
	}
	var errs []error
	for name, v := range values {
		errs = append(errs, k.Set(name, v))
	}
	return errors.Join(errs...)
}

// SetText turns one knob as a command line has it: name=value.
func (k *Knobs) SetText(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%s: is not name=value", text)
	}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("%s: is not a number", name)
	}
	return k.Set(name, v)
}
