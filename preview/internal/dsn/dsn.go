// Package dsn reads connection strings as libpq does, except that what the
// string leaves out has a fixed default. libpq and pgconn fill the gaps from
// PGHOST, PGPASSWORD and their siblings, from ~/.pgpass, ~/.postgresql and
// service files. A stored connection names a host of its owner's choice, so
// that host would be sent this process's own password.
//
// A string is read once, by [Read], into a list of parameters. The driver never
// decides what a string means: it gets the parameters one by one, each quoted
// and each default written out. The driver's own reading of the string is
// compared with that, field by field, and a string that the two read
// differently is refused.
package dsn

import (
	"cmp"
	"maps"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Error says why a connection string cannot be used. It holds no part of the
// string but the name of a known key, so it may be shown.
type Error struct {
	// Message says what is wrong, Hint what to write instead; Hint may be empty.
	Message, Hint string
}

// Error returns the message and the hint.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "; " + e.Hint
}

// defaults has every key that this package knows, under the name that pgconn
// reads it by, and what holds where the string does not give it. An empty one
// means that there is no value.
var defaults = map[string]string{
	"host": "", "port": "", "user": "", "password": "", "dbname": "", "passfile": "", "servicefile": "",
	"sslmode": "prefer", "sslnegotiation": "postgres", "sslsni": "1", "sslcertmode": "allow",
	"sslcert": "", "sslkey": "", "sslrootcert": "", "sslpassword": "",
	"target_session_attrs": "any", "channel_binding": "prefer", "require_auth": "",
	"connect_timeout": "0", "min_protocol_version": "", "max_protocol_version": "",
	// The server's parameters that pgconn takes from the environment.
	"options": "", "timezone": "", "application_name": "",
}

// Parse reads a connection string. Where host, port or user are missing, libpq's
// built-in defaults hold: the local socket, 5432 and the operating system's
// user. The error is always an *Error: the string is empty or not valid, it is
// read differently by the driver, or PGSERVICE is set, since the driver would
// then read a service file.
func Parse(text string) (*pgconn.Config, error) {
	parameters, err := Read(text)
	if err != nil {
		return nil, err
	}
	if os.Getenv("PGSERVICE") != "" {
		return nil, &Error{"the environment variable PGSERVICE is set, and a service file is not read here", "unset it"}
	}
	account := parameters["user"]
	if account == "" {
		current, err := user.Current()
		if err != nil || current.Username == "" {
			return nil, &Error{"the connection string names no user, and the operating system has no name for this one", "add user=..."}
		}
		account = current.Username
	}
	config, err := pgconn.ParseConfig(parameters.keywords(account))
	if err != nil {
		return nil, parameters.unusable()
	}
	theirs, err := pgconn.ParseConfig(parameters.complete(text, account))
	if err != nil || !equal(config, theirs) {
		return nil, &Error{"the connection string can be read in more than one way", "write it as keywords and values, each value in single quotes"}
	}
	parameters.apply(config, account)
	return config, nil
}

// apply sets every field that could hold a value from somewhere else, whatever
// the driver has put there.
func (p Parameters) apply(config *pgconn.Config, account string) {
	config.User, config.Database = account, p["dbname"]
	if p["password"] != "" || p["passfile"] == "" {
		config.Password = p["password"]
	}
	config.RuntimeParams = map[string]string{}
	for key, value := range p {
		if _, driver := driverKeys[key]; !driver && value != "" {
			config.RuntimeParams[key] = value
		}
	}
	config.KerberosSrvName, config.KerberosSpn, config.OAuthTokenProvider = "", "", nil
	for _, endpoint := range endpoints(config) {
		if endpoint.TLSConfig == nil {
			continue
		}
		if p["sslcert"] == "" {
			endpoint.TLSConfig.Certificates = nil
		}
		if p["sslrootcert"] == "" {
			endpoint.TLSConfig.RootCAs, endpoint.TLSConfig.ClientCAs = nil, nil
		}
	}
}

// unusable says which parameter the driver most likely refused; its own text may
// hold values.
func (p Parameters) unusable() *Error {
	for _, key := range []string{"sslrootcert", "sslcert", "sslkey"} {
		if p[key] != "" {
			return &Error{"a value of the connection string is not valid, or a file that it names cannot be read",
				"check the files of sslrootcert, sslcert and sslkey; sslcert and sslkey go together"}
		}
	}
	return &Error{"a value of the connection string is not valid", "check the values that are not texts, such as sslsni or min_protocol_version"}
}

// keywords writes the parameters and the defaults as keywords and quoted values.
func (p Parameters) keywords(account string) string {
	all := maps.Clone(defaults)
	maps.Copy(all, p)
	all["user"] = account
	return keywords(all)
}

func keywords(values map[string]string) string {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(values)) {
		text.WriteString(key + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(values[key]) + "' ")
	}
	return text.String()
}

// complete adds to a string, in its own form, the defaults of what it does not
// give, so that the driver finds nothing to fill in.
func (p Parameters) complete(text, account string) string {
	missing := maps.Clone(defaults)
	missing["user"] = account
	maps.DeleteFunc(missing, func(key, _ string) bool { return p[key] != "" })
	rest, ok := schemeOf(text)
	if !ok {
		return keywords(missing) + text
	}
	separator := "?"
	if _, rest, _ = cutUser(rest); strings.Contains(rest, "?") {
		separator = "&"
		if strings.HasSuffix(text, "?") || strings.HasSuffix(text, "&") {
			separator = ""
		}
	}
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		pairs = append(pairs, key+"="+percentEncode(missing[key]))
	}
	return text + separator + strings.Join(pairs, "&")
}

// percentEncode writes a value for a URL's query.
func percentEncode(value string) string {
	const hex = "0123456789ABCDEF"
	var text strings.Builder
	for _, c := range []byte(value) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			text.WriteByte(c)
		} else {
			text.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return text.String()
}

// endpoints lists the addresses that a Config tries, in their order.
func endpoints(config *pgconn.Config) []*pgconn.FallbackConfig {
	first := &pgconn.FallbackConfig{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}
	return append([]*pgconn.FallbackConfig{first}, config.Fallbacks...)
}

// Hosts lists the hosts that a string names, each once, in their order; the
// default is none.
func (p Parameters) Hosts() []string {
	var hosts []string
	for _, host := range strings.Split(cmp.Or(p["host"], ","), ",") {
		if host != "" && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}
