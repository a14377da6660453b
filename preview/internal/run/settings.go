package run

import (
	"fmt"
	"strings"
	"time"
)

const (
	// lockTimeout is how long a query waits for a lock: a preview should not
	// queue behind a migration, for then others queue behind the preview.
	lockTimeout = 3 * time.Second
	// idleInTransaction ends a session of which the rollback got lost.
	idleInTransaction = 5 * time.Second
	// checkInterval is how often a busy server looks whether we are still there.
	checkInterval = 500 * time.Millisecond
)

// traits are what a server can do; they shape the settings.
type traits struct {
	// version is the major version, 0 when unknown.
	version int
	// rawText tells that the database's encoding is SQL_ASCII, which means that
	// the server does not know it: any other client encoding fails on the first
	// byte above 127.
	rawText bool
	// noCheckInterval tells that the server's platform cannot notice a client
	// that went away.
	noCheckInterval bool
}

// settings is the statement that pins what the statement after it relies on,
// until the transaction ends. It holds no backslash and qualifies every name,
// so it means the same whatever the role's settings are. What shapes how a
// query computes (TimeZone, DateStyle's order of day and month, search_path) is
// left as the role has it; only what shapes how values are printed is pinned.
// A query of our own also gets what k says: see keep.
func settings(t traits, left time.Duration, k keep) string {
	encoding := "UTF8"
	if t.rawText {
		encoding = "SQL_ASCII"
	}
	type setting struct{ name, value string }
	pinned := []setting{
		{"statement_timeout", milliseconds(left)},
		{"lock_timeout", milliseconds(min(lockTimeout, left))},
		{"idle_in_transaction_session_timeout", milliseconds(idleInTransaction)},
		{"standard_conforming_strings", "on"},
		{"client_encoding", encoding},
		// Notices carry values and are dropped here anyway.
		{"client_min_messages", "error"},
		{"datestyle", "ISO"},
		{"intervalstyle", "postgres"},
		{"extra_float_digits", "1"},
		{"bytea_output", "hex"},
	}
	if t.version >= 14 && !t.noCheckInterval {
		pinned = append(pinned, setting{"client_connection_check_interval", milliseconds(checkInterval)})
	}
	if t.version >= 17 {
		// The backstop when half a flight gets lost inside the transaction,
		// where no other clock of the server's runs.
		pinned = append(pinned, setting{"transaction_timeout", milliseconds(left + time.Second)})
	}
	if k.own {
		// Catalog queries are estimated as costly and are not: compiling one took
		// 3 s, running it 4 ms.
		pinned = append(pinned, setting{"jit", "off"})
	}
	if k.catalogPath {
		pinned = append(pinned, setting{"search_path", "pg_catalog, pg_temp"})
	}
	var sql strings.Builder
	sql.WriteString("select ")
	for i, p := range pinned {
		if i > 0 {
			sql.WriteString(", ")
		}
		fmt.Fprintf(&sql, "pg_catalog.set_config('%s', '%s', true)", p.name, p.value)
	}
	return sql.String()
}

// milliseconds prints a duration for a setting; never 0, which means no limit.
func milliseconds(d time.Duration) string {
	return fmt.Sprint(max(1, d.Milliseconds()))
}
