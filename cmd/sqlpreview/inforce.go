package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/op-data/sqlpreview/preview/connections"
	"github.com/op-data/sqlpreview/preview/server/auth"
)

// complete writes out what an empty setting means, so that what is printed is
// what is in force: the default, wherever it is not to be without.
func (c *config) complete() {
	fallbacks := defaults().settings()
	for key, target := range c.settings() {
		if key == "secrets_max_age" { // zero is a choice of its own
			continue
		}
		switch target := target.(type) {
		case *int:
			fillIn(target, fallbacks[key])
		case *int64:
			fillIn(target, fallbacks[key])
		case *time.Duration:
			fillIn(target, fallbacks[key])
		case *string:
			fillIn(target, fallbacks[key])
		}
	}
	if c.Callers.Issuer != "" {
		c.Callers.Algorithm = cmp.Or(c.Callers.Algorithm, auth.DefaultAlgorithm)
	}
	switch {
	case len(c.Sources.Targets) > 0:
	case c.Sources.WorkspaceID != "":
		c.Sources.Targets = []string{connections.TargetRemote}
	default:
		c.Sources.Targets = []string{connections.TargetAny}
	}
}

// fillIn sets what is zero to the value that fallback points to, which is of the
// same type: both are of the same setting.
func fillIn[T comparable](target *T, fallback any) {
	if value, ok := fallback.(*T); ok {
		*target = cmp.Or(*target, *value)
	}
}

// print writes the configuration in the form of the file, so that it can be
// given back by --config. What comes from the environment alone, which is secret,
// is left out; notes say so.
func (c *config) print(w, notes io.Writer) error {
	values := map[string]any{}
	for key, target := range c.settings() {
		values[key] = target
		if duration, ok := target.(*time.Duration); ok {
			values[key] = duration.String()
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(values); err != nil {
		return err
	}
	for _, secret := range []struct {
		name string
		set  bool
	}{
		{envPrefix + "DSN", !c.Sources.DSN.IsEmpty()},
		{agentDSN, !c.Sources.AgentDSN.IsEmpty() && c.Sources.WorkspaceID != ""},
	} {
		if secret.set {
			if _, err := fmt.Fprintf(notes, "note: %s is in force too and is not shown, for it is secret\n", secret.name); err != nil {
				return err
			}
		}
	}
	return nil
}
