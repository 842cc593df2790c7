package service

import (
	_ "embed" // For the document.
	"net/http"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/api"
)

//go:embed openapi.yaml
var document []byte

// openAPI is GET /v1/openapi.yaml.
func openAPI(c *call) error {
	c.Answer(http.StatusOK, "application/yaml", document)
	return nil
}

// rate is GET /v1/streams/{stream}/rate.
func (v *service) rate(c *call) error {
	if _, err := c.Parameters(); err != nil {
		return err
	}
	if v.Rate == nil {
		return api.Problemf(http.StatusNotFound, "the service gives no advice")
	}
	stream := c.R.PathValue("stream")
	if !utf8.ValidString(stream) || utf8.RuneCountInString(stream) > maxText {
		return api.ParameterFault("stream", "want 1 to %d characters", maxText)
	}
	advice := v.Rate(c.Key.Platform, stream)
	if advice.Why == nil {
		advice.Why = []string{}
	}
	return c.JSON(http.StatusOK, advice)
}

// status is GET /status: whether something would be taken.
func (v *service) status(c *call) error {
	if v.Ready != nil {
		if v.Ready() != nil {
			return api.Problemf(http.StatusServiceUnavailable, "nothing can be taken now")
		}
	}
	return c.JSON(http.StatusOK, struct {
		Status string `json:"status"`
	}{"ready"})
}
