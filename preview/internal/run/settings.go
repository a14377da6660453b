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
	// timeoutSlack is how much later than asked the server's clock may stop a
	// query: less than the grace.
	timeoutSlack = 100 * time.Millisecond
	// lostAfter is how much longer than the pool the server keeps an unused
	// session: one whose client went away without a word ends then.
	lostAfter = 5 * time.Second
)

// capabilities are what a server can do; they shape the settings.
type capabilities struct {
	// version is the major version, 0 when unknown.
	version int
	// rawText tells that the database's encoding is SQL_ASCII, which means that
	// the server does not know it: any other client encoding fails on the first
	// byte above 127.
	rawText bool
	// idle is how long a session may be unused before the server may take it that
	// its client is lost.
	idle time.Duration
	// noCheckInterval tells that the server's platform cannot notice a client
	// that went away.
	noCheckInterval bool
	// chain tells that a transaction that the role's own settings shape cannot
	// read: then the clean-up follows the rollback in one that is shaped like ours.
	chain bool
}

type setting struct{ name, value string }

// pinned is what the statement relies on, apart from its time limit. What
// shapes how a query computes (TimeZone, DateStyle's order of day and month,
// search_path) is left as the role has it; what shapes how values are printed
// is not.
func pinned(t capabilities) []setting {
	encoding := "UTF8"
	if t.rawText {
		encoding = "SQL_ASCII"
	}
	settings := []setting{
		{"lock_timeout", milliseconds(lockTimeout)},
		{"idle_in_transaction_session_timeout", milliseconds(idleInTransaction)},
		{"standard_conforming_strings", "on"},
		{"client_encoding", encoding},
		// Notices carry values and are dropped here anyway.
		{"client_min_messages", "error"},
		{"datestyle", "ISO"},
		{"intervalstyle", "postgres"},
		{"extra_float_digits", "1"},
		{"bytea_output", "hex"},
		// Compiling a plan takes seconds that nothing can interrupt, and pays only
		// for queries that run longer than a preview may.
		{"jit", "off"},
	}
	if t.version >= 14 && !t.noCheckInterval {
		settings = append(settings, setting{"client_connection_check_interval", milliseconds(checkInterval)})
	}
	if t.version >= 17 {
		// The backstop when half a pipeline gets lost inside the transaction,
		// where no other clock of the server's runs. One that runs already, the
		// role's, is not set anew: it is ended first.
		settings = append(settings, setting{"transaction_timeout", "0"},
			setting{"transaction_timeout", milliseconds(HardTimeout + time.Second)})
	}
	return settings
}

// localSettings is the statement that pins everything until the transaction
// ends. With catalogPath the search path is PostgreSQL's own catalog alone.
func localSettings(t capabilities, left time.Duration, catalogPath bool) string {
	settings := append([]setting{{"statement_timeout", milliseconds(left)}}, pinned(t)...)
	if catalogPath {
		settings = append(settings, setting{"search_path", "pg_catalog, pg_temp"})
	}
	return setConfig(settings, true)
}

// sessionSettings pins everything until the session ends, with the longest time
// limit.
func sessionSettings(t capabilities) string {
	settings := append([]setting{{"statement_timeout", milliseconds(HardTimeout)}}, pinned(t)...)
	if t.version >= 14 {
		settings = append(settings, setting{"idle_session_timeout", milliseconds(t.idle)})
	}
	return setConfig(settings, false)
}

// timeoutSetting is for a pipeline whose time limit is shorter than that.
func timeoutSetting(left time.Duration) string {
	return setConfig([]setting{{"statement_timeout", milliseconds(left)}}, true)
}

// setConfig holds no backslash and qualifies every name, so it means the same
// whatever the role's settings are.
func setConfig(settings []setting, local bool) string {
	var sql strings.Builder
	sql.WriteString("select ")
	for i, s := range settings {
		if i > 0 {
			sql.WriteString(", ")
		}
		fmt.Fprintf(&sql, "pg_catalog.set_config('%s', '%s', %v)", s.name, s.value, local)
	}
	return sql.String()
}

// milliseconds prints a duration for a setting; never 0, which means no limit.
func milliseconds(d time.Duration) string {
	return fmt.Sprint(max(1, d.Milliseconds()))
}
