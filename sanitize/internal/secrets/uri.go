package secrets

import "strings"

// uriPassword matches the password of a URI's user information, between the
// first colon and the last at sign of the authority. literal is "://".
func (s *scan) uriPassword(literal, after int) {
	if literal == 0 || !alnum.has(s.text[literal-1]) {
		return
	}
	colon, at, i := -1, -1, after
	for ; i < len(s.text) && !endsAuthority(s.text[i]); i++ {
		switch s.text[i] {
		case ':':
			if colon < 0 {
				colon = i
			}
		case '@':
			at = i
		}
	}
	if colon < 0 || at >= 0 && at < colon {
		return
	}
	cut := false
	if at < 0 {
		if isPort(s.text[colon+1:i]) || s.text[after] == '[' {
			return
		}
		// Some programs let a password hold what would end an authority.
		at, cut = s.lateAt(i)
	}
	if at > colon && (!cut || at-colon > leastPartial) && strings.Trim(s.text[colon+1:at], "*") != "" {
		s.add(colon+1, at, "uri_password")
	}
}

// lateAt finds the at sign that ends a password which goes on at i, within the
// same word and before another authority; or the end of a text that was cut.
func (s *scan) lateAt(i int) (at int, cut bool) {
	const far = 128
	for end := min(len(s.text), i+far); i < end; i++ {
		switch b := s.text[i]; {
		case b == '@':
			return i, false
		case b <= ' ' || b == '"' || b == '\'' || b == '<' || b == '>' || b == '`' || strings.HasPrefix(s.text[i:], "://"):
			return -1, false
		}
	}
	if s.hints.Partial && i == len(s.text) {
		return i, true
	}
	return -1, false
}

func endsAuthority(b byte) bool {
	return b <= ' ' || b == '/' || b == '?' || b == '#' || b == '"' || b == '\'' || b == '<' || b == '>' || b == '`' || b == '\\'
}

func isPort(text string) bool {
	return len(text) <= 5 && strings.Trim(text, digits) == ""
}

// passwordKey returns where the key begins that ends before equals, if it is a
// name of a password, such as password, sslpassword or PWD.
func (s *scan) passwordKey(equals int) (begin int, ok bool) {
	end := equals
	for end > 0 && s.text[end-1] == ' ' && equals-end < 3 {
		end--
	}
	begin = end
	for begin > 0 && end-begin < 24 && (word.has(s.text[begin-1]) || s.text[begin-1] == '-') {
		begin--
	}
	key := strings.ToLower(s.text[begin:end])
	return begin, strings.HasSuffix(key, "password") || strings.HasSuffix(key, "passwd") || strings.HasSuffix(key, "pwd")
}

// queryPassword matches the value of a parameter of a URI's query.
func (s *scan) queryPassword(_, after int) {
	if after <= s.valueEnd {
		return // within the last value
	}
	begin, ok := s.passwordKey(after - 1)
	if !ok || begin == 0 || s.text[begin-1] != '?' && s.text[begin-1] != '&' {
		return
	}
	end := after
	for end < len(s.text) && s.text[end] > ' ' && strings.IndexByte(`&#"'<>;`+"`", s.text[end]) < 0 {
		end++
	}
	s.valueEnd = end
	if strings.Trim(s.text[after:end], "*") != "" {
		s.add(after, end, "uri_password")
	}
}

// dsnPassword matches the password among the settings of a connection, as
// libpq, ODBC and ADO write them: a password's key alone is not enough.
func (s *scan) dsnPassword(_, after int) {
	if after <= s.valueEnd {
		return // within the last value
	}
	begin, ok := s.passwordKey(after - 1)
	if !ok || begin > 0 && (s.text[begin-1] == '?' || s.text[begin-1] == '&') {
		return
	}
	if !s.hasSettings() {
		return
	}
	if key := s.text[begin : after-1]; (key == "PWD" || key == "OLDPWD") && strings.HasPrefix(s.text[after:], "/") {
		return // a shell's working directory
	}
	if after < len(s.text) && s.text[after] == '=' {
		return // a comparison in source code
	}
	start := skipAny(s.text, after, 4, " ")
	end := start
	blanks, quoted := start > after, start < len(s.text) && strings.IndexByte(`'"{`, s.text[start]) >= 0
	if quoted {
		closing := s.text[start]
		if closing == '{' {
			closing = '}'
		}
		start++
		for end = start; end < len(s.text) && s.text[end] != closing; end++ {
			if s.text[end] == '\\' && end+1 < len(s.text) {
				end++
			}
		}
	} else {
		for end < len(s.text) && s.text[end] > ' ' && strings.IndexByte(`;"'`+"`", s.text[end]) < 0 {
			end++
		}
	}
	s.valueEnd = end
	if blanks && !quoted && strings.Contains(s.text[start:end], "=") {
		return // the next setting: this one is empty
	}
	if value := s.text[start:end]; strings.Trim(value, "*") != "" && !isPlaceholder(value) {
		s.add(start, end, "dsn_password")
	}
}

// isPlaceholder tells whether the value stands in source code, where a real one
// will be put in.
func isPlaceholder(value string) bool {
	switch value = strings.TrimRight(value, ",);"); value {
	case "", "None", "null", "NULL", "nil", "undefined", "%s", "%v", "%q", "?":
		return true
	}
	return strings.HasPrefix(value, "$") && strings.Trim(value[1:], uppers+digits+"_{}") == "" ||
		strings.HasPrefix(value, "{") && strings.HasSuffix(value, "}")
}

// tristate is an answer that may not have been looked for yet.
type tristate uint8

const (
	unknown tristate = iota
	no
	yes
)

// hasSettings tells whether the text assigns something to a host, a database or
// a user, as the settings of a connection do.
func (s *scan) hasSettings() bool {
	if s.settings == unknown {
		s.settings = no
		for i := strings.IndexByte(s.text, '='); i >= 0 && i < len(s.text); i++ {
			comparison := i+1 < len(s.text) && s.text[i+1] == '='
			if s.text[i] == '=' && !comparison && isSetting(s.text[:i]) {
				s.settings = yes
				break
			}
		}
	}
	return s.settings == yes
}

// isSetting tells whether the text ends in the name of such a setting.
func isSetting(text string) bool {
	text = strings.TrimRight(text[max(0, len(text)-24):], " ")
	for _, name := range [...]string{
		"host", "hostaddr", "server", "data source", "address", "dsn", "dbname", "database", "initial catalog",
		"user", "username", "user id", "uid", "driver",
	} {
		before := len(text) - len(name)
		if before >= 0 && strings.EqualFold(text[before:], name) && (before == 0 || !alnum.has(text[before-1])) {
			return true
		}
	}
	return false
}

// authorization matches the credentials of an HTTP header. after is the end of
// "Authorization".
func (s *scan) authorization(after int) {
	scheme := skipAny(s.text, after, 8, " \t\"'\\:=>,")
	if scheme == after {
		return
	}
	least, start := 12, -1
	for _, name := range [...]string{"basic ", "bearer ", "token ", "apikey ", "bot "} {
		if hasFold(s.text[scheme:], name) {
			start = skipAny(s.text, scheme+len(name), 4, " ")
			if name == "basic " {
				least = 8
			}
		}
	}
	if start < 0 {
		return
	}
	end := s.runEnd(opaque, start)
	if end-start >= least || s.cutShort(end, end-start) {
		s.add(start, end, "authorization_header")
	}
}
