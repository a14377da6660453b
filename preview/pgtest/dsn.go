package pgtest

import (
	"net/url"
	"strings"
)

// replaceInDSN returns dsn with another user (unless empty) and database. In
// the keyword/value form a later keyword wins; in the URL form the parts are
// replaced.
func replaceInDSN(dsn, user, database string) string {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		u, err := url.Parse(dsn)
		if err != nil {
			return dsn // pgconn will report it
		}
		if user != "" {
			u.User = url.User(user)
		}
		u.Path = "/" + database
		query := u.Query()
		query.Del("dbname")
		query.Del("database")
		u.RawQuery = query.Encode()
		return u.String()
	}
	if user != "" {
		dsn += " user=" + quote(user)
	}
	return dsn + " dbname=" + quote(database)
}
