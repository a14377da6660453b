package dsn

import (
	"regexp"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/spelling"
)

// otherDatabases are schemes of connection strings for other databases. They are
// shown as they were written: a scheme of this list is no secret.
var otherDatabases = []string{
	"mysql", "mariadb", "mssql", "sqlserver", "oracle", "mongodb", "mongodb+srv", "redis", "rediss", "sqlite", "sqlite3",
	"clickhouse", "snowflake", "bigquery", "duckdb", "http", "https", "file",
}

// withDriver is the scheme of SQLAlchemy and its like, which names a driver.
var withDriver = regexp.MustCompile(`^(?:postgres|postgresql)\+(psycopg|psycopg2|psycopg2cffi|asyncpg|pg8000|pygresql|py-postgresql|pypostgresql)://`)

// otherForm explains a string in the form of another library or database; it is
// nil for one that is not.
func otherForm(text string) *Error {
	lower := strings.ToLower(text)
	if strings.HasPrefix(lower, "jdbc:postgresql:") {
		return &Error{"jdbc:postgresql: is the form of Java's drivers", "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, without jdbc:"}
	}
	if driver := withDriver.FindStringSubmatch(lower); driver != nil {
		return &Error{"the scheme names the driver " + driver[1] + ", as SQLAlchemy does", "leave +" + driver[1] + " out: postgresql://..."}
	}
	scheme, _, isURL := strings.Cut(lower, "://")
	var meant []string
	if isURL && len(scheme) < 20 {
		meant = spelling.Nearest(scheme, []string{"postgres", "postgresql"})
	}
	switch {
	case isURL && slices.Contains(otherDatabases, scheme):
		return &Error{"the scheme " + scheme + " is not PostgreSQL's", "write postgres://..."}
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		return &Error{"the scheme is not in lower-case letters", "write postgres://..."}
	case len(meant) > 0:
		return &Error{"the scheme " + scheme + " is misspelled", "write " + meant[0] + "://..."}
	case strings.HasPrefix(lower, "postgres:") || strings.HasPrefix(lower, "postgresql:"):
		return &Error{"two slashes are missing behind the scheme", "write postgres://..."}
	}
	return nil
}

// otherKeys are keys of other libraries' connection strings, in lower case, and what
// to write instead.
var otherKeys = map[string]string{
	"schema": "write search_path instead", "currentschema": "write search_path instead", "searchpath": "write search_path instead",
	"pgbouncer":        "leave it out: previews work through PgBouncer as they are",
	"connection_limit": "leave it out; the setting sessions bounds the connections", "pool_timeout": "leave it out",
	"pool_size": "leave it out; the setting sessions bounds the connections", "max_overflow": "leave it out", "statement_cache_size": "leave it out",
	"prepared_statement_cache_size": "leave it out", "preparethreshold": "leave it out", "binarytransfer": "leave it out",
	"sslaccept": "write sslmode instead", "usessl": "write sslmode instead", "ssl_mode": "write sslmode instead", "tls": "write sslmode instead",
	"sslfactory": "leave it out, and write sslmode and sslrootcert", "sslidentity": "leave it out, and write sslcert and sslkey",
	"connecttimeout": "write connect_timeout instead, in seconds", "sockettimeout": "leave it out; the setting timeout bounds a preview",
	"logintimeout": "write connect_timeout instead, in seconds", "applicationname": "write application_name instead",
	"targetservertype": "write target_session_attrs instead", "charset": "leave it out: previews use UTF-8", "encoding": "leave it out: previews use UTF-8",
	"client_encoding": "leave it out: previews use UTF-8", "username": "write user instead", "db": "write dbname instead", "database": "write dbname instead",
	"server": "write host instead", "hostname": "write host instead", "passwd": "write password instead", "pass": "write password instead", "pwd": "write password instead",
	"uid": "write user instead", "timezone": "write timezone instead", "options": "leave it out; search_path, timezone and role have keys of their own",
}

// UnknownKey explains a key that may not stand in a connection string. It is shown as
// it is written if it is another library's or nearly one of those that are allowed,
// and withheld else, since the end of a password can look like a key.
func UnknownKey(key string, allowed []string) *Error {
	if advice, ok := otherKeys[strings.ToLower(key)]; ok {
		return &Error{"the key " + key + " may not stand in it", advice}
	}
	if meant := spelling.Nearest(strings.ToLower(key), allowed); len(meant) > 0 {
		return &Error{"there is no key " + key, "did you mean " + meant[0] + "?"}
	}
	return &Error{"it has a key that is not known (withheld, for it may be a part of a password)",
		"the keys are " + strings.Join(allowed, ", ") + "; in a URL's password write ? as %3F and & as %26"}
}
