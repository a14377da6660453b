package main

import (
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/server"
)

// envPrefix begins the name of every environment variable that is read.
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
	MCP bool
	// Console mounts the console's page at /.
	Console      bool
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
