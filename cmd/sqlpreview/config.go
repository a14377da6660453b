package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server"
)

// envPrefix begins the name of every environment variable of ours.
const envPrefix = "OP_PREVIEW_"

// defaultListen is where serve listens when nothing else is said.
const defaultListen = "unix:/run/sqlpreview/preview.sock"

// config is what serve is told. Each setting has one key: it is the key in the
// file, and in capitals after OP_PREVIEW_ the name of the environment variable.
// A flag wins over the environment, the environment over the file, the file
// over the default.
type config struct {
	Listen         string
	DSNFile        string
	TokenFile      string
	AllowedHosts   []string
	AllowedOrigins []string
	MaxConnections int
	MaxInFlight    int
	DrainTimeout   time.Duration
	Limits         preview.Limits
	// DSN comes from the environment alone.
	DSN preview.Secret
}

// settings lists every setting by its key; a value is a pointer into c.
func (c *config) settings() map[string]any {
	return map[string]any{
		"listen":              &c.Listen,
		"dsn_file":            &c.DSNFile,
		"token_file":          &c.TokenFile,
		"allowed_hosts":       &c.AllowedHosts,
		"allowed_origins":     &c.AllowedOrigins,
		"max_connections":     &c.MaxConnections,
		"max_in_flight":       &c.MaxInFlight,
		"drain_timeout":       &c.DrainTimeout,
		"max_rows":            &c.Limits.MaxRows,
		"timeout":             &c.Limits.Timeout,
		"max_cell_characters": &c.Limits.MaxCellCharacters,
		"max_response_bytes":  &c.Limits.MaxResponseBytes,
		"max_columns":         &c.Limits.MaxColumns,
		"max_sql_bytes":       &c.Limits.MaxSQLBytes,
	}
}

// loadConfig reads the file, where there is one, then the environment, and
// reports every fault at once.
func loadConfig(file string, getenv func(string) string) (*config, error) {
	c := &config{
		Listen:         defaultListen,
		AllowedHosts:   []string{},
		AllowedOrigins: []string{},
		MaxConnections: server.DefaultMaxConnections,
		MaxInFlight:    server.DefaultMaxInFlight,
		DrainTimeout:   server.DefaultDrainTimeout,
		Limits:         preview.DefaultLimits(),
	}
	faults := c.readFile(file)
	settings := c.settings()
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		name := envPrefix + strings.ToUpper(key)
		if text := getenv(name); text != "" {
			if err := setText(settings[key], text); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	if dsn := getenv(envPrefix + "DSN"); dsn != "" {
		c.DSN = preview.NewSecret(dsn)
	}
	return c, errors.Join(faults...)
}

// readFile sets what the file says. A key that is not known is a fault, since a
// bound with a misspelt name would be no bound.
func (c *config) readFile(file string) []error {
	if file == "" {
		return nil
	}
	content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return []error{fmt.Errorf("the configuration file: %w", err)}
	}
	var values map[string]json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(&values); err != nil {
		return []error{fmt.Errorf("the configuration file %s is not a JSON object: %w", file, err)}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return []error{fmt.Errorf("the configuration file %s goes on after its JSON object", file)}
	}
	var faults []error
	settings := c.settings()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		target, ok := settings[key]
		if !ok {
			faults = append(faults, fmt.Errorf("%s: there is no setting %q", file, key))
		} else if err := setJSON(target, values[key]); err != nil {
			faults = append(faults, fmt.Errorf("%s: %s: %w", file, key, err))
		}
	}
	return faults
}

// setJSON sets a value from the file; times are written as in "10s".
func setJSON(target any, value json.RawMessage) error {
	var text string
	if duration, ok := target.(*time.Duration); ok {
		if json.Unmarshal(value, &text) != nil {
			return errDuration
		}
		return setText(duration, text)
	}
	if bytes.Equal(value, []byte("null")) || json.Unmarshal(value, target) != nil {
		return fmt.Errorf("the value is not %s", kindOf(target))
	}
	return nil
}

var errDuration = errors.New(`the value is not a time such as "10s"`)

// setText sets a value from the environment; lists are parted by commas.
func setText(target any, text string) error {
	var err error
	switch target := target.(type) {
	case *string:
		*target = text
	case *[]string:
		*target = strings.Split(text, ",")
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
	default:
		return "a whole number"
	}
}

// resolver returns where the sidecar's one connection comes from.
func (c *config) resolver() (preview.Resolver, error) {
	switch {
	case c.DSN.IsEmpty() && c.DSNFile == "":
		return nil, errors.New("no database: set OP_PREVIEW_DSN to a connection string, or name a file that holds one")
	case !c.DSN.IsEmpty() && c.DSNFile != "":
		return nil, errors.New("two databases: OP_PREVIEW_DSN and a DSN file are both set; set one")
	case c.DSNFile != "":
		resolver := dsnFile(c.DSNFile)
		if _, err := resolver.read(); err != nil {
			return nil, err
		}
		return resolver, nil
	default:
		return preview.SingleConnection(c.DSN), nil
	}
}

// print writes the configuration in the form of the file. The DSN is redacted.
func (c *config) print(w io.Writer) error {
	values := map[string]any{}
	for key, target := range c.settings() {
		values[key] = target
		if duration, ok := target.(*time.Duration); ok {
			values[key] = duration.String()
		}
	}
	if !c.DSN.IsEmpty() {
		values["dsn"] = c.DSN
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(values)
}
