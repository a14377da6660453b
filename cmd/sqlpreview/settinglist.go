package main

import (
	"github.com/op-data/sqlpreview/preview"
)

// The most that the core takes, as its documentation says.
const (
	maxSessions     = 100
	maxQueue        = 10_000
	maxLargeAnswers = 1000
)

// groups is the one list of settings.
func (c *config) groups() []settingGroup {
	return []settingGroup{
		{"sources", "Where the databases are", c.sourceSettings()},
		{"managers", "Secret managers", c.Sources.Managers.settings()},
		{"callers", "Who may call", c.callerSettings()},
		{"client", "Asking a sidecar", c.clientSettings()},
		{"bounds", "Bounds", c.boundSettings()},
		{"rules", "Rules", c.ruleSettings()},
		{"records", "Records", c.recordSettings()},
	}
}

func (c *config) sourceSettings() []setting {
	return []setting{
		{key: "dsn_file", value: &c.Sources.DSNFile, example: "/etc/sqlpreview/dsn",
			about: "The file with the connection string or payload of the one connection, whose id is `default`.",
			more:  "It is read for every preview."},
		{key: "connections_dir", value: &c.Sources.Dir, example: "/etc/sqlpreview/connections",
			about: "A folder of such files; a file's name is the connection's id.",
			more:  "Read for every preview; a link is followed within the folder only."},
		{key: "workspace_id", value: &c.Sources.WorkspaceID, example: "workspace-7",
			about: "The tenant whose rows of type `postgres` in the agent's table `\"Connection\"` are the connections.",
			more: "Its database is `OP_AGENT_DATABASE_URL` (in the environment alone), where a role needs `SELECT` on that table and " +
				"nothing else. A changed row is in force within 5 s. Another tenant's id is answered as an unknown one."},
		{key: "agent_schema", value: &c.Sources.AgentSchema, unset: "the role's `search_path` decides", example: "agent",
			about: "The schema of that table."},
		{key: "secrets_dir", value: &c.Sources.SecretsDir, example: "/run/secrets",
			about: "A folder into which a secret manager puts its secrets as files.",
			more: "A payload may then refer to them, as in `{\"secret\": \"file:shop/password\"}`. With `workspace_id` it needs " +
				"`targets`, and so do the managers below."},
		{key: "targets", value: &c.Sources.Targets, unset: "`remote` with `workspace_id`, where others than the operator choose the host, else `any`",
			example: "10.20.0.0/16",
			about:   "The addresses and networks that may be reached, checked on the resolved address.",
			more: "For instance `10.20.0.0/16`, and the words `unix` (unix sockets), `any` (sockets and all addresses but link-local, multicast and " +
				"unspecified ones and the clouds' metadata services) and `remote` (those addresses but for this machine's own and the " +
				"ones of the host of the agent's database)."},
		{key: "min_grade", value: &c.Sources.MinGrade, unset: "any", oneOf: []string{"A", "B", "C", "D", "F"}, example: "B",
			about: "The worst grade of `sqlpreview doctor` that is served.",
			more:  "A single connection is graded at the start, others when they are first used; a grade is believed for 15 minutes."},
	}
}

func (c *config) callerSettings() []setting {
	return []setting{
		{key: "listen", value: &c.Listen,
			about: "Where to listen: `unix:PATH`, or `HOST:PORT` of a loopback address, or with TLS of any.",
			more:  "The socket has mode 0660."},
		{key: "token_file", value: &c.Callers.TokenFile, example: "/etc/sqlpreview/tokens",
			about: "The file with the bearer tokens, of which callers send one; `query --sidecar` sends the first.",
			more: "One a line, of 16 bytes or more; read at every request. A line `name:token` (a-z, 0-9 and `-`) gives the caller a " +
				"name in limits, log and audit log."},
		{key: "tls_cert_file", value: &c.Callers.CertFile, example: "/etc/sqlpreview/tls.crt",
			about: "The server's certificate for TLS, PEM; read again when it changes."},
		{key: "tls_key_file", value: &c.Callers.KeyFile, example: "/etc/sqlpreview/tls.key", about: "Its key, PEM."},
		{key: "client_ca_file", value: &c.Callers.ClientCAFile, example: "/etc/sqlpreview/clients.crt",
			about: "The authorities that signed the certificates of callers, PEM.", more: "It needs `client_names`."},
		{key: "client_names", value: &c.Callers.ClientNames, example: "agent.internal",
			about: "The DNS or URI names of which a caller's certificate must have one.", more: "`*` alone stands for any name."},
		{key: "jwt_issuer", value: &c.Callers.Issuer, example: "https://issuer.example.com/",
			about: "The issuer of the JWT that callers send as a bearer token.",
			more:  "Needs `jwt_keys_url`, `jwt_organization`, and `jwt_audience` or `jwt_subjects`."},
		{key: "jwt_keys_url", value: &c.Callers.KeysURL, example: "https://issuer.example.com/.well-known/jwks.json",
			about: "Where the issuer publishes its keys: https, or http on loopback."},
		{key: "jwt_organization", value: &c.Callers.Organization, example: "org_7",
			about: "This tenant: the `org_id` that a token must have."},
		{key: "jwt_audience", value: &c.Callers.Audience, example: "sqlpreview", about: "The `aud` that a token must have."},
		{key: "jwt_subjects", value: &c.Callers.Subjects, unset: "any", example: "agent@clients",
			about: "The only `sub` that may call.", more: "This or `jwt_audience` must be set."},
		{key: "jwt_algorithm", value: &c.Callers.Algorithm, unset: "RS256",
			oneOf: []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}, example: "ES256",
			about: "The one signature algorithm that is accepted."},
		{key: "jwt_variable_claims", value: &c.Callers.VariableClaims, example: "tenant_id=app.tenant_id",
			about: "Claims and the database settings that previews of the caller get from them, each `claim=setting`.",
			more:  "As in `tenant_id=app.tenant_id`, for policies of row-level security. A token without one is refused."},
		{key: "request_roles", value: &c.Rules.RequestRoles, example: "analyst",
			about: "The roles that a token may name by `jwt_role_claim`."},
		{key: "jwt_role_claim", value: &c.Callers.RoleClaim, example: "preview_role",
			about: "The claim that names the role which the caller's previews run as (SET LOCAL ROLE).",
			more:  "It must be one of `request_roles`, and the login role a member of it."},
		{key: "allowed_hosts", value: &c.AllowedHosts, unset: "localhost and loopback addresses", example: "sidecar.internal",
			about: "Further names for the Host header over TCP without TLS."},
		{key: "allowed_origins", value: &c.AllowedOrigins, example: "https://app.example.com", about: "The web pages that may call."},
		{key: "mcp", value: &c.MCP,
			about: "Whether the Model Context Protocol is served at `/mcp` too, behind the same credentials, limits and audit log."},
		{key: "console", value: &c.Console,
			about: "Whether the console's page is served at `/` too, to anyone who can connect over TCP.",
			more:  "What the page shows comes from the RPCs, to the callers that are let in; where they send a bearer token, the page asks its user for it."},
	}
}

func (c *config) clientSettings() []setting {
	return []setting{
		{key: "ca_file", value: &c.Client.CAFile, unset: "the system's", example: "/etc/sqlpreview/ca.crt",
			about: "The authorities that may have signed the sidecar's certificate, PEM."},
		{key: "cert_file", value: &c.Client.CertFile, example: "/etc/sqlpreview/client.crt", about: "The client certificate to show, PEM."},
		{key: "key_file", value: &c.Client.KeyFile, example: "/etc/sqlpreview/client.key", about: "Its key, PEM."},
	}
}

func (c *config) boundSettings() []setting {
	return []setting{
		{key: "max_rows", value: &c.Limits.MaxRows, most: preview.HardMaxRows, about: "The most rows of one preview."},
		{key: "timeout", value: &c.Limits.Timeout, most: int64(preview.HardTimeout),
			about: "The time of one preview: queue, connecting and running."},
		{key: "max_cell_characters", value: &c.Limits.MaxCellCharacters, most: preview.HardMaxCellCharacters,
			about: "The most characters of one value."},
		{key: "max_response_bytes", value: &c.Limits.MaxResponseBytes, most: preview.HardMaxResponseBytes,
			about: "The most bytes of one answer, as Protobuf; JSON takes up to three times as much.",
			more:  "From 4 MiB on, gRPC clients must be told to take it (the Go client is)."},
		{key: "max_columns", value: &c.Limits.MaxColumns, most: preview.HardMaxColumns, about: "The most columns of one answer."},
		{key: "max_sql_bytes", value: &c.Limits.MaxSQLBytes, most: preview.HardMaxSQLBytes, about: "The longest text that is accepted, in bytes."},
		{key: "sessions", value: &c.Pool.Sessions, most: maxSessions,
			about: "The most sessions of one connection id with its database, and so its previews at a time."},
		{key: "queue", value: &c.Pool.Queue, most: maxQueue,
			about: "How many previews of one connection id and caller may wait for a session; one more is refused.",
			more:  "Of several callers each gets less, none is shut out."},
		{key: "large_answers", value: &c.LargeAnswers, most: maxLargeAnswers,
			about: "How many answers of more than about 64 KiB are held at a time.",
			more:  "From the rows' arrival until the answer is written; one more waits 2 s."},
		{key: "max_connections", value: &c.MaxConnections,
			about: "The most connections of callers.",
			more: "One more displaces the oldest that never had a request let in, else an idle one of the caller with the most; a " +
				"caller below its share loses none. It must leave 64 files below the process's file limit (ulimit -n)."},
		{key: "max_in_flight", value: &c.MaxInFlight,
			about: "The most requests at a time, before a body is read.",
			more: "One caller gets one more only while it has fewer than are free: alone, at most half. At most four times as many " +
				"requests are open at a time, those being refused among them."},
		{key: "max_requests_per_second", value: &c.MaxPerSecond,
			about: "The most requests of one caller in a second, bursts of twice as many; 0 is no bound."},
		{key: "drain_timeout", value: &c.DrainTimeout,
			about: "How long running previews may go on after SIGTERM, before they are cancelled in the database."},
	}
}

func (c *config) ruleSettings() []setting {
	return []setting{
		{key: "policy_file", value: &c.Rules.PolicyFile, unset: "the built-in policy", example: "/etc/sqlpreview/policy.json",
			about: "A JSON object that adjusts the guard.",
			more: "`deny_functions`, `allow_functions`, `deny_schemas`, `deny_relations`, `allow_relations` (lists of `schema.name`), `allow_extensions`, " +
				"`masking` and `strict`; an unknown key is an error. What is denied wins."},
		{key: "rules_file", value: &c.Rules.RulesFile, example: "/etc/sqlpreview/rules.json",
			about: "A JSON object of connection ids, each with rules of its own.",
			more: "`max_rows`, `timeout`, `max_cell_characters`, `max_response_bytes` (which may lower the settings), `policy` (in the place of " +
				"`policy_file`), `mask_columns`, `mask_names`, `keep_columns`, `enable_detectors`, `disable_detectors` (added to the settings), and " +
				"`search_path`, `timezone`, `role`, `variables`, which every preview of the id sets in its transaction."},
		{key: "mask_columns", value: &c.Rules.MaskColumns, example: "public.customers.email",
			about: "Further columns to mask, each `schema.table.column`; `*` stands for any part."},
		{key: "mask_names", value: &c.Rules.MaskNames, example: "iban", about: "Further names of columns that are masked wherever they stand."},
		{key: "keep_columns", value: &c.Rules.KeepColumns, example: "public.games.token",
			about: "Columns that are shown although their name speaks of secrets, each `schema.table.column`."},
		{key: "enable_detectors", value: &c.Rules.EnableDetectors, example: "email",
			about: "Detectors of secrets in values to switch on, by the names that package sanitize lists."},
		{key: "disable_detectors", value: &c.Rules.DisableDetectors, example: "card_number", about: "Detectors to switch off."},
	}
}

func (c *config) recordSettings() []setting {
	return []setting{
		{key: "egress_dir", value: &c.EgressDir, unset: "none is kept", example: "/var/lib/sqlpreview/egress",
			about: "The folder of the audit log (egress record), made if its parent is there."},
		{key: "admin_listen", value: &c.AdminListen, example: "127.0.0.1:9464",
			about: "Where probes and metrics are answered: `unix:PATH` or `HOST:PORT` of a loopback address."},
		{key: "admin_allow_remote", value: &c.AdminAllowRemote,
			about: "Whether `admin_listen` may be an address that other machines reach; it asks for no credentials."},
	}
}
