package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Session is what the transactions of a target are given besides the settings of
// previews. Everything ends with the transaction. The zero Session leaves the
// login role's own settings in force.
type Session struct {
	// SearchPath and TimeZone are the settings of these names.
	SearchPath, TimeZone string
	// Role is the role that the statement runs as, as with SET LOCAL ROLE.
	Role string
	// Variables are custom settings, by their names with a dot, which policies of
	// row-level security read with current_setting.
	Variables map[string]string
}

// Identity is a text that is equal for sessions in which names mean the same: of
// one role and search path.
func (s Session) Identity() string {
	if s.Role == "" && s.SearchPath == "" {
		return ""
	}
	return fmt.Sprintf("\x00%q %q", s.Role, s.SearchPath)
}

// settings lists all but the role, in a fixed order.
func (s Session) settings(catalogPath bool) (settings []setting) {
	if s.SearchPath != "" && !catalogPath {
		settings = append(settings, setting{name: "search_path", value: s.SearchPath})
	}
	if s.TimeZone != "" {
		settings = append(settings, setting{name: "TimeZone", value: s.TimeZone})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		settings = append(settings, setting{name: name, value: s.Variables[name]})
	}
	return settings
}

// bindSettings is a statement that sets each setting until the transaction ends,
// and its parameters. Names and values are bound, so they can hold any character.
func bindSettings(settings []setting) (sql string, parameters [][]byte) {
	calls := make([]string, len(settings))
	for i, s := range settings {
		calls[i] = fmt.Sprintf("pg_catalog.set_config($%d, $%d, true)", 2*i+1, 2*i+2)
		parameters = append(parameters, []byte(s.name), []byte(s.value))
	}
	return "select " + strings.Join(calls, ", "), parameters
}
