package main

import (
	"errors"
	"strings"
	"testing"
)

// TestUnknownEnv: a variable that looks like a setting and is none is a fault,
// told by its name alone.
func TestUnknownEnv(t *testing.T) {
	for variable, fault := range map[string]bool{
		"OP_PREVIEW_TOKEN_FILE=/t":                              false,
		"OP_PREVIEW_DSN=hunter2":                                false,
		"OP_AGENT_DATABASE_URL=hunter2":                         false,
		"OP_PREVIEWER=hunter2":                                  false,
		"PATH=/bin":                                             false,
		"OP_PREVIEW_TEST_PGBIN=/bin":                            false,
		"OP_PREVIEW_SERVICE_HOST=10.0.0.1":                      false,
		"OP_PREVIEW_SERVICE_PORT_GRPC=1":                        false,
		"OP_PREVIEW_PORT=tcp://10.0.0.1:1":                      false,
		"OP_PREVIEW_PORT_1_TCP_ADDR=10.0.0.1":                   false,
		"OP_PREVIEW_OTHER_SERVICE_HOST=10.0.0.1":                false,
		"OP_PREVIEW_TOKENFILE=":                                 false,
		"OP_PREVIEW_TOKENFILE=hunter2":                          true,
		"OP_PREVIEW_PORT=7777":                                  true,
		"OP_PREVIEW_token_file=hunter2":                         true,
		"OP_PREVIEW_DSNFILE=hunter2":                            true,
		"OP_PREVIEW_CLIENT_CA=hunter2":                          true,
		"OP_PREVIEW_MAX_ROW=5":                                  true,
		"OP_PREVIEW_AGENT_DATABASE_URL=postgres://u:hunter2@h/": true,
	} {
		err := errors.Join((&config{}).unknownEnv([]string{variable})...)
		name, _, _ := strings.Cut(variable, "=")
		if (err != nil) != fault || fault && !strings.HasPrefix(err.Error(), name+": ") || fault && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", variable, err)
		}
	}
}
