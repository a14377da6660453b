package guard

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/reason"
)

// This file decides which of the server's settings a statement may read. A setting
// can hold a secret: primary_conninfo a password, archive_command a key, and every
// session can read an owner's own setting (app.jwt_secret). So the name must stand in
// the text as a constant, since a computed name could be that of any setting.

//go:embed settings.txt
var settingsText string

// harmlessSettings are PostgreSQL's own settings that hold no secret. It is built once and never written again.
var harmlessSettings = func() map[string]bool {
	m := make(map[string]bool, 500)
	for line := range strings.Lines(settingsText) {
		if !strings.HasPrefix(line, "#") {
			for name := range strings.FieldsSeq(line) {
				m[name] = true
			}
		}
	}
	return m
}()

// secretParts make a setting with a dot a secret wherever they stand in its name;
// secretWords only as whole words.
var (
	secretParts = []string{
		"password", "passwd", "passphrase", "passcode", "secret", "token", "credential", "conninfo",
		"apikey", "api_key", "privatekey", "private_key", "accesskey", "access_key", "connstr", "connection_string",
		"database_url", "databaseurl", "bearer", "authorization", "webhook",
	}
	secretWords = map[string]bool{
		"pass": true, "pwd": true, "pw": true, "key": true, "keys": true, "getkey": true, "creds": true, "cred": true, "dsn": true,
		"salt": true, "pepper": true, "hmac": true, "jwk": true, "jwks": true, "pem": true, "pin": true, "otp": true, "license": true, "command": true,
	}
)

// SettingMayBeRead reports whether a setting of the server is known to hold no
// secret. Names of settings are compared as the server does, without regard to
// case.
func SettingMayBeRead(name string) bool {
	lower := strings.ToLower(name)
	if !strings.Contains(lower, ".") {
		return harmlessSettings[lower]
	}
	for _, part := range secretParts {
		if strings.Contains(lower, part) || strings.Contains(strings.ReplaceAll(lower, "-", "_"), part) {
			return false
		}
	}
	for _, word := range settingWords(name) {
		if secretWords[word] {
			return false
		}
	}
	return true
}

// SettingsMayBeRead reports whether every setting whose name begins with prefix may be
// read. The prefix must consist of whole words of known names: an owner may have a
// setting that begins with app, as application_name does.
func SettingsMayBeRead(prefix string) bool {
	prefix = strings.ToLower(prefix)
	for _, secret := range secretSettings {
		if strings.HasPrefix(secret, prefix) {
			return false
		}
	}
	known := false
	for name := range harmlessSettings {
		rest, ok := strings.CutPrefix(name, prefix)
		if ok && rest != "" && rest[0] != '_' && !strings.HasSuffix(prefix, "_") {
			return false
		}
		known = known || ok
	}
	return known
}

// secretSettings are PostgreSQL's own settings that must not be read.
var secretSettings = []string{
	"primary_conninfo", "archive_command", "restore_command", "archive_cleanup_command", "recovery_end_command",
	"ssl_passphrase_command",
}

// settingWords cuts a name into words in lower case, at everything that is neither
// letter nor digit and inside camelCase.
func settingWords(name string) []string {
	var spaced strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case r >= 'A' && r <= 'Z':
			if lower {
				spaced.WriteByte(' ')
			}
			spaced.WriteRune(r + 'a' - 'A')
			lower = false
			continue
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r >= 0x80:
			spaced.WriteRune(r)
			lower = true
			continue
		}
		spaced.WriteByte(' ')
		lower = false
	}
	return strings.Fields(spaced.String())
}

// ruleSetting refuses a call that reads a setting which may hold a secret.
const ruleSetting = "function-secret-setting"

// readsSettings tells the functions whose first argument names a setting.
func readsSettings(name string) bool { return name == "current_setting" }

// ReturnsSecrets reports whether a query, such as that of a view, calls a function
// that is refused for what it returns. One that cannot be read counts.
func ReturnsSecrets(query string, p *Policy) bool {
	_, violations := Check(query, p)
	return slices.ContainsFunc(violations, func(v Violation) bool {
		switch v.Reason {
		case reason.SQLSyntaxError, reason.SQLTooComplex, reason.SQLTooLarge, reason.SQLInvalidText:
			return true
		}
		return secretRules[v.Rule]
	}) || len(violations) >= maxViolations
}

// secretRules refuse functions for what they return.
var secretRules = map[string]bool{
	ruleSetting: true, "function-session-content": true, "function-statistics": true,
	"function-server-file": true, "function-sql-text": true,
}
