package dsn

import (
	"net/netip"
	"strings"
)

// space are the characters between keywords, as in C's isspace.
const space = " \t\n\r\v\f"

// readKeywords reads "keyword = value ..." (libpq's conninfo_parse). Values are
// quoted with single quotes; a backslash makes the next character plain.
func readKeywords(text string) (Parameters, *Error) {
	p := Parameters{}
	noForm := &Error{"the connection string is neither a URL nor keywords and values", "write postgres://... or host=... dbname=..."}
	for text = strings.TrimLeft(text, space); text != ""; text = strings.TrimLeft(text, space) {
		end := strings.IndexAny(text, space+"=")
		if end < 0 {
			return nil, noForm
		}
		key := text[:end]
		rest, ok := strings.CutPrefix(strings.TrimLeft(text[end:], space), "=")
		if !ok {
			return nil, noForm
		}
		var value string
		var err *Error
		if value, text, err = readValue(strings.TrimLeft(rest, space)); err != nil {
			return nil, err
		}
		if err := p.set(key, value); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readValue reads one value and returns what follows it.
func readValue(text string) (value, rest string, _ *Error) {
	quoted := strings.HasPrefix(text, "'")
	if quoted {
		text = text[1:]
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 == len(text):
			return "", "", &Error{"the connection string ends in a backslash", "write a backslash twice"}
		case c == '\\':
			i++
			b.WriteByte(text[i])
		case quoted && c == '\'':
			rest = text[i+1:]
			if rest != "" && !strings.ContainsRune(space, rune(rest[0])) {
				return "", "", &Error{"a quoted value of the connection string is followed by more text", `write a quote within a value as \'`}
			}
			return b.String(), rest, nil
		case !quoted && strings.IndexByte(space, c) >= 0:
			return b.String(), text[i:], nil
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return "", "", &Error{"a quoted value of the connection string has no end", `write a quote within a value as \'`}
	}
	return b.String(), "", nil
}

// cutUser cuts off a URL's user and password: an @ before the first slash ends
// them, whatever they hold.
func cutUser(text string) (account, rest string, ok bool) {
	if i := strings.IndexAny(text, "@/"); i >= 0 && text[i] == '@' {
		return text[:i], text[i+1:], true
	}
	return "", text, false
}

// readURL reads what follows the scheme (libpq's conninfo_uri_parse_options).
func readURL(text string) (Parameters, *Error) {
	if strings.ContainsFunc(text, func(r rune) bool { return isControl(r) || r == ' ' }) {
		return nil, &Error{"the connection string is a URL with a space or a control character", "write it percent-encoded (%20 for a space)"}
	}
	p := Parameters{}
	if account, rest, ok := cutUser(text); ok {
		name, password, _ := strings.Cut(account, ":")
		if err := p.decode(map[string]string{"user": name, "password": password}); err != nil {
			return nil, err
		}
		text = rest
	}
	end := strings.IndexAny(text, "/?")
	if end < 0 {
		end = len(text)
	}
	hosts, ports, err := readHosts(text[:end])
	if err != nil {
		return nil, err
	}
	path, query, _ := strings.Cut(text[end:], "?")
	if err := p.decode(map[string]string{"port": strings.Join(ports, ","), "dbname": strings.TrimPrefix(path, "/")}); err != nil {
		return nil, err
	}
	p["host"] = strings.Join(hosts, ",")
	given, err := readQuery(query)
	if err != nil {
		return nil, err
	}
	for key, value := range given {
		p[key] = value
	}
	return p, nil
}

// decode adds percent-encoded values.
func (p Parameters) decode(values map[string]string) *Error {
	for key, raw := range values {
		value, err := percentDecode(raw)
		if err != nil {
			return err
		}
		p[key] = value
	}
	return nil
}

// readHosts reads host:port,host:port,... An IPv6 address stands in brackets.
func readHosts(text string) (hosts, ports []string, _ *Error) {
	for entry := range strings.SplitSeq(text, ",") {
		raw, port, _ := strings.Cut(entry, ":")
		bracketed := strings.HasPrefix(entry, "[")
		if bracketed {
			var after string
			raw, after, _ = strings.Cut(entry[1:], "]")
			if port = strings.TrimPrefix(after, ":"); port == after && after != "" {
				raw = "" // text stands between the bracket and the colon
			}
		}
		host, err := percentDecode(raw)
		if err != nil {
			return nil, nil, err
		}
		if address, err := netip.ParseAddr(host); bracketed && (err != nil || !address.Is6()) {
			return nil, nil, &Error{"brackets in the connection string hold no IPv6 address", "write [2001:db8::1]:5432; encode brackets of a password as %5B and %5D"}
		}
		if strings.ContainsAny(host, ",") || !bracketed && strings.ContainsRune(host, ':') {
			return nil, nil, &Error{"a host of the connection string is not a name, an address or a folder", "encode special characters of a URL's password (%3A for a colon, %40 for @)"}
		}
		hosts, ports = append(hosts, host), append(ports, port)
	}
	return hosts, ports, nil
}

// readQuery reads key=value&key=value. JDBC's ssl=true stands for
// sslmode=require.
func readQuery(text string) (Parameters, *Error) {
	p := Parameters{}
	if text == "" {
		return p, nil
	}
	alias, explicit := false, false
	for pair := range strings.SplitSeq(strings.TrimSuffix(text, "&"), "&") {
		rawKey, rawValue, found := strings.Cut(pair, "=")
		if !found || strings.Contains(rawValue, "=") {
			return nil, &Error{"the connection string's URL has a query that is not key=value&key=value", "encode special characters (%3F for a question mark, %3D for =, %26 for &)"}
		}
		key, err := percentDecode(rawKey)
		if err != nil {
			return nil, err
		}
		value, err := percentDecode(rawValue)
		if err != nil {
			return nil, err
		}
		if key == "ssl" && value == "true" {
			key, value, alias = "sslmode", "require", true
		} else if key == "sslmode" {
			explicit = true
		}
		if err := p.set(key, value); err != nil {
			return nil, err
		}
	}
	if alias && explicit {
		return nil, &Error{"the connection string has both ssl and sslmode", "leave out ssl"}
	}
	return p, nil
}

// percentDecode undoes percent-encoding; a plus sign is a plus sign.
func percentDecode(raw string) (string, *Error) {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] != '%' {
			b.WriteByte(raw[i])
			continue
		}
		if i+2 >= len(raw) || !isHex(raw[i+1]) || !isHex(raw[i+2]) || raw[i+1:i+3] == "00" {
			return "", &Error{"the connection string's URL has a % that begins no encoded character", "write % as %25"}
		}
		b.WriteByte(unhex(raw[i+1])<<4 | unhex(raw[i+2]))
		i += 2
	}
	return b.String(), nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}
