package main

import (
	"maps"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server"
)

// envPrefix begins the name of every environment variable of ours.
const envPrefix = "OP_PREVIEW_"

// defaultListen is where serve listens by default.
const defaultListen = "unix:/run/sqlpreview/preview.sock"

// config holds the settings, which are the same for every command. Each has one
// key: it is the key in the file, in capitals after OP_PREVIEW_ the name of the
// environment variable, and the name that --set takes. A flag wins over the
// environment, the environment over the file, the file over the default.
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
	// MCP mounts the Model Context Protocol at /mcp.
	MCP          bool
	Limits       preview.Limits
	Pool         preview.Pool
	LargeAnswers int
	Sources      sources
	Callers      callers
	Rules        rules
	Client       clientFiles

	// origin says where a setting that is not the default came from: the name of
	// a variable, of a file or of a flag.
	origin map[string]string
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
		"mcp":                     &c.MCP,
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
		"rules_file":              &c.Rules.RulesFile,
		"request_roles":           &c.Rules.RequestRoles,
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
		"jwt_role_claim":          &c.Callers.RoleClaim,
		"jwt_variable_claims":     &c.Callers.VariableClaims,
		"ca_file":                 &c.Client.CAFile,
		"cert_file":               &c.Client.CertFile,
		"key_file":                &c.Client.KeyFile,
	}
	maps.Copy(settings, c.Sources.Managers.settings())
	return settings
}

// agentDSN names the variable of the agent's own database.
const agentDSN = "OP_AGENT_DATABASE_URL"

// defaults returns the default settings.
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
		Callers:        callers{ClientNames: []string{}, Subjects: []string{}, VariableClaims: []string{}},
		Rules: rules{
			MaskColumns: []string{}, MaskNames: []string{}, KeepColumns: []string{},
			EnableDetectors: []string{}, DisableDetectors: []string{}, RequestRoles: []string{},
		},
		origin: map[string]string{},
	}
}
