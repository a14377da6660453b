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
)

// A settingFault is what is wrong with one setting, or with several together.
type settingFault struct {
	keys []string
	err  error
}

func (f settingFault) Error() string { return strings.Join(f.keys, ", ") + ": " + f.err.Error() }

func (f settingFault) Unwrap() error { return f.err }

// settingError says which settings an error is about; nil stays nil.
func settingError(err error, keys ...string) error {
	if err == nil {
		return nil
	}
	return settingFault{keys, err}
}

// faultsIn lists what is wrong with a configuration, one line a fault: the
// setting, the path that it holds if it names a file or a folder, what is wrong,
// and where the setting was set.
func (c *config) faultsIn(err error) []string {
	var fault settingFault
	switch several, ok := err.(interface{ Unwrap() []error }); {
	case err == nil:
		return nil
	case ok:
		var lines []string
		for _, each := range several.Unwrap() {
			lines = append(lines, c.faultsIn(each)...)
		}
		return lines
	case !errors.As(err, &fault):
		return []string{operatorText(err)}
	}
	var lines []string
	for _, line := range c.faultsIn(fault.err) {
		lines = append(lines, c.faultLine(fault.keys, line))
	}
	return lines
}

func (c *config) faultLine(keys []string, what string) string {
	line := strings.Join(keys, ", ") + ": "
	if path, ok := c.settings()[keys[0]].(*string); ok && len(keys) == 1 && namesPath(keys[0]) && *path != "" &&
		!strings.HasPrefix(what, *path) && !strings.Contains(what, "open "+*path) {
		line += *path + ": "
	}
	var origins []string
	for _, key := range keys {
		if origin := c.origin[key]; origin != "" && !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	if line += what; len(origins) > 0 {
		line += " (set by " + strings.Join(origins, ", ") + ")"
	}
	return line
}

func namesPath(key string) bool {
	return strings.HasSuffix(key, "_file") || strings.HasSuffix(key, "_dir")
}

// misconfigured is the misuse of a configuration with faults.
func (c *config) misconfigured(err error) error {
	var wrong misuse
	if errors.As(err, &wrong) {
		return wrong
	}
	lines := c.faultsIn(err)
	if len(lines) == 1 {
		return misuse{lines[0]}
	}
	return misusef("the configuration has %d faults:\n  %s", len(lines), strings.Join(lines, "\n  "))
}

// packagePrefix is how errors of our packages begin, by Go's convention. It says
// nothing to an operator.
var packagePrefix = regexp.MustCompile(`(^|\n|: )(server|preview|connections|doctor|auth|sanitize|egress|client|vault|awssecrets|gcpsecrets|policy): `)

// settingNames has the names that the packages have for what an operator knows
// as a setting.
var settingNames = strings.NewReplacer(
	"AgentConfig.DSN", agentDSN, "AgentConfig.WorkspaceID", "workspace_id",
	"Columns.Mask", "mask_columns", "Columns.Names", "mask_names", "Columns.Keep", "keep_columns",
	"Config.AllowedOrigins", "allowed_origins", "Config.LargeAnswers", "large_answers", "Config.TLS", "tls_cert_file and tls_key_file",
	"Config.RequestsPerSecond", "max_requests_per_second", "Config.MaxConnections", "max_connections",
	"Config.MaxInFlight", "max_in_flight", "Config.DrainTimeout", "drain_timeout", "Options.Dir", "egress_dir",
	"Limits.MaxRows", "max_rows", "Limits.Timeout", "timeout", "Limits.MaxCellCharacters", "max_cell_characters",
	"Limits.MaxResponseBytes", "max_response_bytes", "Limits.MaxColumns", "max_columns", "Limits.MaxSQLBytes", "max_sql_bytes",
	"Pool.Sessions", "sessions", "Pool.Queue", "queue",
	"TokenConfig.Issuer", "jwt_issuer", "TokenConfig.Audience", "jwt_audience", "TokenConfig.Subjects", "jwt_subjects", "set Subjects", "set jwt_subjects",
	"TokenConfig.Organization", "jwt_organization", "TokenConfig.KeysURL", "jwt_keys_url", "TokenConfig.Algorithm", "jwt_algorithm",
	"CertificateConfig.Names", "client_names", "TokenConfig.VariableClaims", "jwt_variable_claims",
	"Config.ByConnection", "rules_file", "Config.RequestVariables", "jwt_variable_claims",
)

// operatorText is an error's text in an operator's words: without the names of
// packages, and with the names of settings.
func operatorText(err error) string {
	text := settingNames.Replace(err.Error())
	for {
		shorter := packagePrefix.ReplaceAllString(text, "$1")
		if shorter == text {
			return text
		}
		text = shorter
	}
}

// outOfBounds returns the faults of numbers, times and addresses.
func (c *config) outOfBounds() (faults []error) {
	settings := slices.SortedFunc(c.each(), func(a, b setting) int { return strings.Compare(a.key, b.key) })
	for _, s := range settings {
		var number int64
		show := func(n int64) string { return fmt.Sprint(n) }
		switch value := s.value.(type) {
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
			faults = append(faults, settingError(fmt.Errorf("%s is negative", show(number)), s.key))
		} else if s.most > 0 && number > s.most {
			faults = append(faults, settingError(fmt.Errorf("%s is more than %s", show(number), show(s.most)), s.key))
		}
	}
	for _, named := range [][2]string{{"admin_listen", c.AdminListen}, {"listen", c.Listen}} {
		key, address := named[0], named[1]
		if _, _, err := net.SplitHostPort(address); err != nil && address != "" && !strings.HasPrefix(address, "unix:") {
			faults = append(faults, settingError(errors.New("the address is neither unix:PATH nor HOST:PORT"), key))
		}
	}
	for _, origin := range c.AllowedOrigins {
		if http.NewCrossOriginProtection().AddTrustedOrigin(origin) != nil {
			faults = append(faults, settingError(fmt.Errorf("%q is not an origin such as https://app.example.com", origin), "allowed_origins"))
		}
	}
	return faults
}

// othersVariables matches variables that begin as ours do and are not settings: the
// tests', and those that Kubernetes sets for a service named op-preview.
var othersVariables = regexp.MustCompile(`^((TEST|FUZZ|MATRIX)_.*|(.*_)?SERVICE_(HOST|PORT(_.*)?)=.*|(.*_)?PORT=[a-z]+://.*|(.*_)?PORT_[0-9]+_.*)`)

// unknownEnv returns a fault for each variable that begins as ours do and is no
// setting: a bound with a wrong name would be no bound. Only names are
// shown, since a value may be a secret.
func (c *config) unknownEnv(environ []string) (faults []error) {
	settings := c.settings()
	var names []string
	for key := range settings {
		names = append(names, variableOf(key))
	}
	names = append(names, envPrefix+"DSN", configVariable)
	for _, variable := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(variable, "=")
		rest, ours := strings.CutPrefix(variable, envPrefix)
		if ours && value != "" && !slices.Contains(names, name) && !othersVariables.MatchString(rest) {
			faults = append(faults, fmt.Errorf("%s: there is no such setting%s", name, didYouMean(name, names)))
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
