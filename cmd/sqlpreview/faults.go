package main

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview"
)

// of puts the name of a setting before what is wrong with it; nil stays nil.
func of(setting string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", setting, err)
}

// most are the settings that can only be lowered.
var most = map[string]int64{
	"max_rows":            preview.HardMaxRows,
	"timeout":             int64(preview.HardTimeout),
	"max_cell_characters": preview.HardMaxCellCharacters,
	"max_response_bytes":  preview.HardMaxResponseBytes,
	"max_columns":         preview.HardMaxColumns,
	"max_sql_bytes":       preview.HardMaxSQLBytes,
}

// outOfBounds returns the faults of numbers, times and addresses.
func (c *config) outOfBounds() (faults []error) {
	settings := c.settings()
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		var number int64
		show := func(n int64) string { return fmt.Sprint(n) }
		switch value := settings[key].(type) {
		case *int:
			number = int64(*value)
		case *int64:
			number = *value
		case *time.Duration:
			number = int64(*value)
			show = func(n int64) string { return time.Duration(n).String() }
		default:
			continue
		}
		if number < 0 {
			faults = append(faults, fmt.Errorf("%s: %s is negative", key, show(number)))
		} else if bound, ok := most[key]; ok && number > bound {
			faults = append(faults, fmt.Errorf("%s: %s is more than %s", key, show(number), show(bound)))
		}
	}
	for _, setting := range [][2]string{{"admin_listen", c.AdminListen}, {"listen", c.Listen}} {
		key, address := setting[0], setting[1]
		if _, _, err := net.SplitHostPort(address); err != nil && address != "" && !strings.HasPrefix(address, "unix:") {
			faults = append(faults, fmt.Errorf("%s: the address is neither unix:PATH nor HOST:PORT", key))
		}
	}
	for _, origin := range c.AllowedOrigins {
		faults = append(faults, of("allowed_origins", http.NewCrossOriginProtection().AddTrustedOrigin(origin)))
	}
	return faults
}

// othersVariables are those that begin as ours do and are not: the tests', and
// the ones that Kubernetes sets for a service of the name op-preview.
var othersVariables = regexp.MustCompile(`^((TEST|FUZZ|MATRIX)_.*|(.*_)?SERVICE_(HOST|PORT(_.*)?)=.*|(.*_)?PORT=[a-z]+://.*|(.*_)?PORT_[0-9]+_.*)`)

// misspelt returns a fault for each variable that begins as ours do and is no
// setting: a proof or a bound with a misspelt name would be none. Only names are
// told, since a value may be a secret.
func (c *config) misspelt(environ []string) (faults []error) {
	settings := c.settings()
	for _, variable := range slices.Sorted(slices.Values(environ)) {
		rest, ours := strings.CutPrefix(variable, envPrefix)
		key, value, _ := strings.Cut(rest, "=")
		if !ours || value == "" || key == "DSN" || othersVariables.MatchString(rest) {
			continue
		}
		if _, known := settings[strings.ToLower(key)]; !known || key != strings.ToUpper(key) {
			faults = append(faults, fmt.Errorf("%s: there is no such setting", envPrefix+key))
		}
	}
	return faults
}

// needed returns a fault for each setting that is empty although others of its
// kind are set.
func needed(settings map[string]string) error {
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		if settings[key] == "" {
			faults = append(faults, fmt.Errorf("%s must be set too", key))
		}
	}
	return errors.Join(faults...)
}
