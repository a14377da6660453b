package main

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview"
)

// An assignment sets one setting from the command line.
type assignment struct {
	key, text string
	flag      string // the flag it came from, as it is written
}

// loadConfig reads the file, where there is one, then the environment, then the
// flags, and reports every fault at once. It opens nothing but that file.
func loadConfig(file string, env *environment, flags ...assignment) (*config, error) {
	c := defaults()
	faults := c.readFile(file)
	faults = append(faults, c.readEnvironment(env)...)
	for _, a := range flags {
		faults = append(faults, c.setFlag(a, flags))
	}
	faults = append(faults, c.settle()...)
	return c, errors.Join(faults...)
}

// readEnvironment sets what the environment says.
func (c *config) readEnvironment(env *environment) (faults []error) {
	for _, key := range slices.Sorted(maps.Keys(c.settings())) {
		if name := variableOf(key); env.getenv(name) != "" {
			faults = append(faults, c.set(key, env.getenv(name), name))
		}
	}
	if env.environ != nil {
		faults = append(faults, c.unknownEnv(env.environ())...)
	}
	c.Sources.DSN = secretFrom(env.getenv, envPrefix+"DSN")
	c.Sources.AgentDSN = secretFrom(env.getenv, agentDSN)
	return faults
}

// settle judges each setting by itself and writes out the defaults.
func (c *config) settle() (faults []error) {
	settings := c.settings()
	// A setting is printed and quoted; what is secret has a file of its own.
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		if text, ok := settings[key].(*string); ok {
			if u, err := url.Parse(*text); err == nil && u.User != nil {
				faults = append(faults, fmt.Errorf("%s: a URL here must not hold a user or a password", key))
				*text = ""
			}
		}
	}
	faults = append(faults, c.outOfBounds()...)
	c.complete()
	return faults
}

// variableOf returns the name of a setting's environment variable.
func variableOf(key string) string { return envPrefix + strings.ToUpper(key) }

// set sets one setting from a text and notes where it came from.
func (c *config) set(key, text, origin string) error {
	c.origin[key] = origin
	return settingError(setText(c.settings()[key], text), key)
}

// setFlag sets one setting from the command line. A flag that says where the
// connections come from replaces what the environment or the file said about it.
func (c *config) setFlag(a assignment, all []assignment) error {
	settings := c.settings()
	if _, known := settings[a.key]; !known {
		if strings.EqualFold(a.key, "dsn") {
			return fmt.Errorf("%s: a connection string is a secret and never an argument; set OP_PREVIEW_DSN, or dsn_file to the path of a file that holds it", a.flag)
		}
		return fmt.Errorf("%s: there is no setting %q%s", a.flag, a.key, didYouMean(a.key, slices.Collect(maps.Keys(settings))))
	}
	places := map[string]*string{"dsn_file": &c.Sources.DSNFile, "connections_dir": &c.Sources.Dir, "workspace_id": &c.Sources.WorkspaceID}
	if _, isPlace := places[a.key]; isPlace {
		for key, place := range places {
			if !slices.ContainsFunc(all, func(other assignment) bool { return other.key == key }) {
				*place = ""
			}
		}
		c.Sources.DSN = preview.Secret{}
	}
	return c.set(a.key, a.text, a.flag)
}

// secretFrom reads a secret from the environment, the only place where one is
// taken from but a file of its own.
func secretFrom(getenv func(string) string, name string) preview.Secret {
	if text := getenv(name); text != "" {
		return preview.NewSecret(text)
	}
	return preview.Secret{}
}

var errDuration = errors.New(`the value is not a time such as "10s"`)

// setText sets a value from the environment or the command line; lists are
// separated by commas.
func setText(target any, text string) error {
	var err error
	switch target := target.(type) {
	case *string:
		*target = text
	case *[]string:
		*target = strings.Split(text, ",")
		for i, entry := range *target {
			(*target)[i] = strings.TrimSpace(entry)
		}
	case *bool:
		*target, err = strconv.ParseBool(text)
	case *int:
		*target, err = strconv.Atoi(text)
	case *int64:
		*target, err = strconv.ParseInt(text, 10, 64)
	case *time.Duration:
		if *target, err = time.ParseDuration(text); err != nil {
			return errDuration
		}
	}
	if err != nil {
		return fmt.Errorf("the value is not %s", kindOf(target))
	}
	return nil
}

func kindOf(target any) string {
	switch target.(type) {
	case *string:
		return "a text"
	case *[]string:
		return "a list of texts"
	case *bool:
		return "true or false"
	default:
		return "a whole number"
	}
}
