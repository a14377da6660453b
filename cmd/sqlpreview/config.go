package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
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
	Listen      string
	AdminListen string
	// AdminAllowRemote lets admin_listen name an address that other machines reach.
	AdminAllowRemote bool
	AllowedHosts     []string
	AllowedOrigins   []string
	MaxConnections   int
	MaxInFlight      int
	MaxPerSecond     int
	DrainTimeout     time.Duration
	EgressDir        string
	Limits           preview.Limits
	Pool             preview.Pool
	LargeAnswers     int
	Sources          sources
	Callers          callers
	Rules            rules
}

// settings lists every setting by its key; a value is a pointer into c.
func (c *config) settings() map[string]any {
	settings := map[string]any{
		"listen":                  &c.Listen,
		"admin_listen":            &c.AdminListen,
		"admin_allow_remote":      &c.AdminAllowRemote,
		"allowed_hosts":           &c.AllowedHosts,
		"allowed_origins":         &c.AllowedOrigins,
		"max_connections":         &c.MaxConnections,
		"max_in_flight":           &c.MaxInFlight,
		"max_requests_per_second": &c.MaxPerSecond,
		"drain_timeout":           &c.DrainTimeout,
		"egress_dir":              &c.EgressDir,
		"max_rows":                &c.Limits.MaxRows,
		"timeout":                 &c.Limits.Timeout,
		"max_cell_characters":     &c.Limits.MaxCellCharacters,
		"max_response_bytes":      &c.Limits.MaxResponseBytes,
		"max_columns":             &c.Limits.MaxColumns,
		"max_sql_bytes":           &c.Limits.MaxSQLBytes,
		"sessions":                &c.Pool.Sessions,
		"queue":                   &c.Pool.Queue,
		"large_answers":           &c.LargeAnswers,
		"dsn_file":                &c.Sources.DSNFile,
		"connections_dir":         &c.Sources.Dir,
		"workspace_id":            &c.Sources.WorkspaceID,
		"agent_schema":            &c.Sources.AgentSchema,
		"targets":                 &c.Sources.Targets,
		"secrets_dir":             &c.Sources.SecretsDir,
		"min_grade":               &c.Sources.MinGrade,
		"policy_file":             &c.Rules.PolicyFile,
		"mask_columns":            &c.Rules.MaskColumns,
		"mask_names":              &c.Rules.MaskNames,
		"keep_columns":            &c.Rules.KeepColumns,
		"enable_detectors":        &c.Rules.EnableDetectors,
		"disable_detectors":       &c.Rules.DisableDetectors,
		"token_file":              &c.Callers.TokenFile,
		"tls_cert_file":           &c.Callers.CertFile,
		"tls_key_file":            &c.Callers.KeyFile,
		"client_ca_file":          &c.Callers.ClientCAFile,
		"client_names":            &c.Callers.ClientNames,
		"jwt_issuer":              &c.Callers.Issuer,
		"jwt_audience":            &c.Callers.Audience,
		"jwt_subjects":            &c.Callers.Subjects,
		"jwt_organization":        &c.Callers.Organization,
		"jwt_keys_url":            &c.Callers.KeysURL,
		"jwt_algorithm":           &c.Callers.Algorithm,
	}
	maps.Copy(settings, c.Sources.Managers.settings())
	return settings
}

// agentDSN names the variable that the agent has for itself.
const agentDSN = "OP_AGENT_DATABASE_URL"

// defaults are the settings where nothing is said.
func defaults() *config {
	return &config{
		Listen:         defaultListen,
		AllowedHosts:   []string{},
		AllowedOrigins: []string{},
		MaxConnections: server.DefaultMaxConnections,
		MaxInFlight:    server.DefaultMaxInFlight,
		DrainTimeout:   server.DefaultDrainTimeout,
		Limits:         preview.DefaultLimits(),
		Pool:           preview.DefaultPool(),
		LargeAnswers:   preview.DefaultLargeAnswers,
		Sources:        sources{Targets: []string{}, Managers: managerDefaults()},
		Callers:        callers{ClientNames: []string{}, Subjects: []string{}},
		Rules: rules{
			MaskColumns: []string{}, MaskNames: []string{}, KeepColumns: []string{},
			EnableDetectors: []string{}, DisableDetectors: []string{},
		},
	}
}

// loadConfig reads the file, where there is one, then the environment, and
// reports every fault at once.
func loadConfig(file string, getenv func(string) string) (*config, error) {
	c := defaults()
	faults := c.readFile(file)
	settings := c.settings()
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		name := envPrefix + strings.ToUpper(key)
		if text := getenv(name); text != "" {
			if err := setText(settings[key], text); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", name, err))
			}
		}
		// A setting is printed and quoted; what is secret has a file of its own.
		if text, ok := settings[key].(*string); ok {
			if u, err := url.Parse(*text); err == nil && u.User != nil {
				faults = append(faults, fmt.Errorf("%s: a URL here must not hold a user or a password", key))
			}
		}
	}
	c.Sources.DSN = secretFrom(getenv, envPrefix+"DSN")
	c.Sources.AgentDSN = secretFrom(getenv, agentDSN)
	c.complete()
	return c, errors.Join(faults...)
}

// secretFrom reads a secret from the environment, the only place where one is
// taken from but a file of its own.
func secretFrom(getenv func(string) string, name string) preview.Secret {
	if text := getenv(name); text != "" {
		return preview.NewSecret(text)
	}
	return preview.Secret{}
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
