package dsn

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Parameters are what a connection string says, by key. The key of a database is
// "dbname". A key whose value is empty is left out: it means the default.
type Parameters map[string]string

// maxLength bounds a connection string, in bytes.
const maxLength = 64 << 10

// driverKeys are read by the driver; every other key is a parameter of the
// server's.
var driverKeys = func() map[string]struct{} {
	keys := map[string]struct{}{}
	for key := range defaults {
		switch key {
		case "options", "timezone", "application_name":
		default:
			keys[key] = struct{}{}
		}
	}
	return keys
}()

// unsupported are keys that libpq knows and the driver either hands to the
// server or takes from a place other than the string. They are refused, since a
// connection must not mean something else here than to psql.
var unsupported = []string{
	"service", "servicefile", "hostaddr", "krbsrvname", "krbspn", "gsslib", "gssencmode", "gssdelegation", "replication",
	"sslcrl", "sslcrldir", "sslcompression", "requiressl", "requirepeer", "ssl_min_protocol_version", "ssl_max_protocol_version",
	"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "load_balance_hosts",
	"fallback_application_name", "scram_client_key", "scram_server_key", "sslkeylogfile",
	"oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope",
}

// values are the values that a key can have, where they are words.
var values = map[string][]string{
	"sslmode":              {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
	"sslnegotiation":       {"postgres", "direct"},
	"sslsni":               {"0", "1"},
	"sslcertmode":          {"disable", "allow", "require"},
	"channel_binding":      {"disable", "prefer", "require"},
	"target_session_attrs": {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"},
	"min_protocol_version": {"3.0", "3.2", "latest"},
	"max_protocol_version": {"3.0", "3.2", "latest"},
}

// Read reads a connection string, as a URL or as keywords and values. It follows
// libpq, and refuses what other readers could take for something else: a host
// that is no name, address or folder, an address in brackets that is not IPv6, a
// space or control character in a URL. Of a key that stands twice the last value
// holds. Read opens no file. The error is always an *Error.
func Read(text string) (Parameters, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, &Error{"the connection string is empty", "write it as a URL (postgres://...) or as keywords and values (host=... dbname=...)"}
	case len(text) > maxLength:
		return nil, &Error{"the connection string is longer than 64 KiB", ""}
	case strings.IndexByte(text, 0) >= 0:
		return nil, &Error{"the connection string holds a NUL byte", "leave it out"}
	}
	var p Parameters
	var err *Error
	if rest, ok := schemeOf(text); ok {
		p, err = readURL(rest)
	} else if err = otherForm(text); err == nil {
		p, err = readKeywords(text)
	}
	if err == nil {
		err = p.check()
	}
	if err != nil {
		return nil, err
	}
	for key, value := range p {
		if value == "" {
			delete(p, key)
		}
	}
	return p, nil
}

// schemeOf returns what follows the scheme of a URL.
func schemeOf(text string) (rest string, ok bool) {
	for _, scheme := range []string{"postgres://", "postgresql://"} {
		if rest, ok := strings.CutPrefix(text, scheme); ok {
			return rest, true
		}
	}
	return "", false
}

// set adds a key; of one that stands twice the last value holds.
func (p Parameters) set(key, value string) *Error {
	if key == "database" {
		key = "dbname"
	}
	if !isKey(key) {
		return &Error{"the connection string has a key that is not a word", "quote values that hold spaces, and encode special characters of a URL (%3F for a question mark)"}
	}
	if key == "ssl" {
		return &Error{"the value of ssl is not valid", "write ssl=true in a URL, or sslmode=require"}
	}
	if slices.Contains(unsupported, key) {
		return &Error{"the connection string has the key " + key + ", which is not supported here", "leave it out"}
	}
	lower := strings.ToLower(key)
	if _, known := defaults[lower]; known && lower != key {
		return &Error{"the connection string has a key in capital letters", "write " + lower}
	}
	if strings.HasPrefix(lower, "_pq_.") || slices.Contains(unsupported, lower) {
		return &Error{"the connection string has a key that is not supported here", "leave out what is neither a key of libpq's nor a setting of the server's"}
	}
	if key == "user" && value == "" { // no user to some readers, an unnamed one to others
		return &Error{"the connection string has an empty user", "leave the key out for the operating system's user"}
	}
	p[key] = value
	return nil
}

// isKey reports whether a text is a keyword, or the name of a server's setting.
func isKey(key string) bool {
	for i, c := range []byte(key) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '.'):
		default:
			return false
		}
	}
	return key != ""
}

// check looks at the values that are not plain texts.
func (p Parameters) check() *Error {
	for key, words := range values {
		if value, given := p[key]; given && !slices.Contains(words, value) {
			return &Error{"the value of " + key + " is not valid", "write one of " + strings.Join(words, ", ")}
		}
	}
	if timeout, given := p["connect_timeout"]; given {
		if seconds, err := strconv.ParseUint(timeout, 10, 31); err != nil || timeout != strconv.FormatUint(seconds, 10) {
			return &Error{"the value of connect_timeout is not valid", "write a number of seconds"}
		}
	}
	hosts, ports := strings.Split(p["host"], ","), strings.Split(p["port"], ",")
	if len(ports) > 1 && len(ports) != len(hosts) {
		return &Error{"the connection string has another number of ports than of hosts", "give one port for all, or one for each host"}
	}
	for _, port := range ports {
		if number, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || port != strconv.FormatUint(number, 10) || number == 0) {
			return &Error{"a port of the connection string is not a number from 1 to 65535", "encode special characters of a URL's password (%3A for a colon, %40 for @)"}
		}
	}
	for _, host := range hosts {
		if !isHost(host) {
			return &Error{"a host of the connection string is not a name, an address or a folder", "encode special characters of a URL's password (%3A for a colon, %40 for @)"}
		}
	}
	return nil
}

// isHost reports whether a text is empty, an absolute path, an IP address or a name.
func isHost(host string) bool {
	if host == "" {
		return true
	}
	if host[0] == '/' {
		return !strings.ContainsFunc(host, isControl)
	}
	if strings.ContainsRune(host, ':') {
		address, err := netip.ParseAddr(host)
		return err == nil && address.Is6()
	}
	return !strings.ContainsFunc(host, func(r rune) bool {
		return isControl(r) || strings.ContainsRune(" \"#%&'()*+/;<=>?@[\\]^`{|}$!~", r)
	})
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
