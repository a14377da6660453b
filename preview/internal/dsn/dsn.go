// Package dsn reads connection strings as libpq does, but for one thing: what
// the string does not say is nowhere else. The driver, like libpq, fills gaps
// from PGHOST, PGPASSWORD and their siblings, from ~/.pgpass, ~/.postgresql and
// service files; so a connection that somebody else has stored, to a host of
// their choice, would be handed this process's own password.
package dsn

import (
	"errors"
	"fmt"
	"maps"
	"os/user"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// said are the defaults that are written out before the string's own values,
// which come later and so win. An empty one stands for "not given".
var said = map[string]string{
	"passfile": "", "servicefile": "", "options": "", "timezone": "", "application_name": "",
	"sslmode": "prefer", "sslnegotiation": "postgres", "sslsni": "1", "sslcertmode": "allow",
	"sslcert": "", "sslkey": "", "sslrootcert": "", "sslpassword": "",
	"target_session_attrs": "any", "channel_binding": "prefer", "require_auth": "",
	"connect_timeout": "0", "min_protocol_version": "", "max_protocol_version": "",
}

// core are the values that a URL may hold before its query, where a default
// would come later and win.
var core = map[string]string{"host": "", "port": "", "password": "", "dbname": "", "user": nobody}

// nobody is a user that no connection string names: the driver takes an empty
// one for none and goes on to look for one in the environment.
const nobody = "\x01"

// Parse reads a connection string. Where host, port or user are missing the
// defaults of libpq hold: the local socket, 5432 and the operating system's
// user. An empty string is an error, and so is any string while PGSERVICE is
// set, since a service file says more than can be unsaid. The error may hold
// parts of the string.
func Parse(text string) (*pgconn.Config, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("the connection string is empty")
	}
	config, err := pgconn.ParseConfig(alone(text))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(config.RuntimeParams, func(name, value string) bool {
		_, ours := said[name]
		return ours && value == ""
	})
	if config.User == nobody {
		account, err := user.Current()
		if err != nil {
			return nil, errors.New("the connection string names no user, and the operating system has no name for this one")
		}
		config.User = account.Username
	}
	return config, nil
}

// alone writes the defaults before the string's own values.
func alone(text string) string {
	location, query, ok := cutURL(text)
	if !ok {
		var defaults strings.Builder
		for _, values := range []map[string]string{said, core} {
			for key, value := range values {
				fmt.Fprintf(&defaults, "%s='%s' ", key, value)
			}
		}
		return defaults.String() + text
	}
	defaults := url(said)
	for key, value := range core {
		if !holds(location, key) {
			defaults += key + "=" + value + "&"
		}
	}
	return location + "?" + defaults + query
}

// url writes values as the beginning of a URL's query.
func url(values map[string]string) string {
	var query strings.Builder
	for key, value := range values {
		query.WriteString(key + "=" + value + "&")
	}
	return query.String()
}

// cutURL cuts a URL before its query, where the driver and libpq cut it: an @
// before the first slash ends the user's part, whatever that holds.
func cutURL(text string) (location, query string, ok bool) {
	for _, scheme := range []string{"postgres://", "postgresql://"} {
		rest, found := strings.CutPrefix(text, scheme)
		if !found {
			continue
		}
		start := len(text) - len(rest)
		if i := strings.IndexAny(rest, "@/"); i >= 0 && rest[i] == '@' {
			start += i + 1
		}
		if i := strings.IndexByte(text[start:], '?'); i >= 0 {
			return text[:start+i], text[start+i+1:], true
		}
		return text, "", true
	}
	return "", "", false
}

// holds asks the driver whether a URL without a query has a value for key: with
// every other one given and allowed, only that one can make it refuse.
func holds(location, key string) bool {
	others := maps.Clone(said)
	maps.Copy(others, core)
	delete(others, key)
	_, err := pgconn.ParseConfigWithOptions(location+"?"+strings.TrimSuffix(url(others), "&"), pgconn.ParseConfigOptions{
		ConnStringAllowedKeys: slices.Collect(maps.Keys(others)),
	})
	return err != nil
}
