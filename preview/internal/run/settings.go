package run

import (
	"fmt"
	"strings"
	"time"
)

const (
	// lockTimeout is how long a query waits for a lock. A preview that waited behind a
	// migration would make other queries wait behind the preview.
	lockTimeout = 3 * time.Second
	// idleInTransaction ends a session whose rollback did not arrive.
	idleInTransaction = 5 * time.Second
	// checkInterval is how often a busy server looks whether we are still there.
	checkInterval = 500 * time.Millisecond
	// timeoutSlack is how much later than asked the server's clock may stop a
	// query: less than the grace.
	timeoutSlack = 100 * time.Millisecond
	// lostAfter is how much longer than the pool the server keeps an unused session.
	// It ends those whose client is gone without having closed the connection.
	lostAfter = 5 * time.Second
)

// capabilities are what a server can do; they shape the settings.
type capabilities struct {
	// version is the major version, 0 when unknown.
	version int
	// rawText reports that the database's encoding is SQL_ASCII, which means that
	// the server does not know it: any other client encoding fails on the first
	// byte above 127.
	rawText bool
	// idle is how long a session may be unused before the server may take it that
	// its client is lost.
	idle time.Duration
	// noCheckInterval reports that the server's platform cannot notice a client
	// that went away.
	noCheckInterval bool
	// chain reports that the role's own settings make transactions that cannot read.
	// The clean-up then runs in a transaction with our settings.
	chain bool
}

// setting is one setting of the server's and the value that it gets.
type setting struct {
	name, value string
	// limit is a number of milliseconds, or empty. Where the role, the database or
	// the connection string has a lower time limit than this, that one stays.
	limit string
}

// timeLimit is a setting that is never raised above what the role or the database has.
func timeLimit(name string, most time.Duration) setting {
	return setting{name: name, value: milliseconds(most), limit: milliseconds(most)}
}

// pinned lists the settings that every pipeline relies on, beside statement_timeout: how
// texts are read, how values are printed, and what bounds waits. The role's own settings
// stay where they decide what a query computes and may use: TimeZone, the order of day and
// month in DateStyle, search_path, work_mem, temp_file_limit.
func pinned(t capabilities) []setting {
	encoding := "UTF8"
	if t.rawText {
		encoding = "SQL_ASCII"
	}
	settings := []setting{
		timeLimit("lock_timeout", lockTimeout),
		timeLimit("idle_in_transaction_session_timeout", idleInTransaction),
		{name: "standard_conforming_strings", value: "on"},
		{name: "client_encoding", value: encoding},
		// Notices carry values and are dropped here anyway.
		{name: "client_min_messages", value: "error"},
		{name: "datestyle", value: "ISO"},
		{name: "intervalstyle", value: "postgres"},
		{name: "extra_float_digits", value: "1"},
		{name: "bytea_output", value: "hex"},
		// Compiling a plan takes seconds that nothing can interrupt, and pays only
		// for queries that run longer than a preview may.
		{name: "jit", value: "off"},
	}
	if t.version >= 14 && !t.noCheckInterval {
		settings = append(settings, setting{name: "client_connection_check_interval", value: milliseconds(checkInterval)})
	}
	if t.version >= 17 {
		// This ends a transaction whose pipeline arrived in part, where no other clock
		// of the server's runs. A clock that the role has started takes no new value, so
		// it is stopped first if it is longer.
		backstop := timeLimit("transaction_timeout", HardTimeout+time.Second)
		settings = append(settings, setting{name: backstop.name, value: "0", limit: backstop.limit}, backstop)
	}
	return settings
}

// localSettings is the statement that pins everything until the transaction
// ends. With catalogPath the search path is PostgreSQL's own catalog alone.
func localSettings(t capabilities, left time.Duration, catalogPath bool) string {
	settings := append([]setting{timeLimit("statement_timeout", left)}, pinned(t)...)
	if catalogPath {
		settings = append(settings, setting{name: "search_path", value: "pg_catalog, pg_temp"})
	}
	return setConfig(settings, forTransaction)
}

// sessionSettings pins everything until the session ends, with the longest time
// limit.
func sessionSettings(t capabilities) string {
	settings := append([]setting{timeLimit("statement_timeout", HardTimeout)}, pinned(t)...)
	if t.version >= 14 {
		settings = append(settings, timeLimit("idle_session_timeout", t.idle))
	}
	return setConfig(settings, forSession)
}

// timeoutSetting is the statement that sets a time limit shorter than the session's.
func timeoutSetting(left time.Duration) string {
	return setConfig([]setting{timeLimit("statement_timeout", left)}, forTransaction)
}

// lifetime is how long a setting holds: set_config's third argument.
type lifetime string

const (
	forTransaction lifetime = "true"
	forSession     lifetime = "false"
)

// setConfig returns the statement that sets the settings. It holds no backslash and qualifies every name, so it means the same
// whatever the role's settings are.
func setConfig(settings []setting, holds lifetime) string {
	var sql strings.Builder
	sql.WriteString("select ")
	for i, s := range settings {
		if i > 0 {
			sql.WriteString(", ")
		}
		value := "'" + s.value + "'"
		if s.limit != "" {
			value = unlessLower(s)
		}
		fmt.Fprintf(&sql, "pg_catalog.set_config('%s', %s, %s)", s.name, value, holds)
	}
	return sql.String()
}

// unlessLower is an expression for the time limit that is in force, where it is
// lower than the setting's limit, and else for the setting's value. 0 stands for
// no limit. PostgreSQL prints time limits with units that its interval type reads
// (convert_int_from_base_unit in guc.c).
func unlessLower(s setting) string {
	const interval = "::pg_catalog.interval"
	current := "pg_catalog.current_setting('" + s.name + "')"
	return "case when " + current + interval + " operator(pg_catalog.>) '0'" + interval +
		" and " + current + interval + " operator(pg_catalog.<) '" + s.limit + " ms'" + interval +
		" then " + current + " else '" + s.value + "' end"
}

// milliseconds prints a duration for a setting; never 0, which means no limit.
func milliseconds(d time.Duration) string {
	return fmt.Sprint(max(1, d.Milliseconds()))
}
