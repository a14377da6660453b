package secrets

import "strings"

// uriPassword matches the password of a URI's user information, between the
// first colon and the last at sign of the authority. literal is "://".
func (s *scan) uriPassword(literal, after int) {
	if literal == 0 || !alnum.has(s.text[literal-1]) {
		return
	}
	colon, at, i := -1, -1, after
	for ; i < len(s.text); i++ {
		if !authorityMark.has(s.text[i]) {
			continue
		}
		if b := s.text[i]; b == '@' {
			at = i
		} else if b != ':' {
			break
		} else if colon < 0 {
			colon = i
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
	if value := s.text[colon+1 : max(at, colon+1)]; at > colon && (!cut || at-colon > leastPartial) && strings.Trim(value, "*") != "" && !isTemplate(value) {
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

func isPort(text string) bool {
	return len(text) <= 5 && strings.Trim(text, digits) == ""
}

// dsnPassword matches the password among the settings of a connection, as
// libpq, ODBC and ADO write them.
func (s *scan) dsnPassword(p *pairing) {
	name := s.text[p.begin:p.end]
	start, end, quoted := p.value, p.stop, p.quoted
	if (name == "PWD" || name == "OLDPWD") && strings.HasPrefix(s.text[start:], "/") {
		return // a shell's working directory
	}
	if !quoted && start < len(s.text) && s.text[start] == '{' { // ODBC; a brace in it is doubled
		quoted = true
		start++
		for end = start; end < len(s.text) && end-start < maxValue; end++ {
			if s.text[end] == '}' {
				if !strings.HasPrefix(s.text[end:], "}}") {
					break
				}
				end++
			}
		}
		end = min(end, len(s.text))
	}
	value := s.text[start:end]
	s.valueEnd = end
	if p.blanks && !quoted && strings.Contains(value, "=") {
		return // the next setting: this one is empty
	}
	if !quoted && (isArgument(value, name) || isCode(value)) {
		return
	}
	if strings.Trim(value, "*") != "" && !isPlaceholder(value) {
		s.add(start, end, "dsn_password")
	}
}

// isArgument reports whether a value is a variable that a program hands on under
// the same name: password=password, password=self.password.
func isArgument(value, name string) bool {
	value = strings.TrimRight(value, ",)")
	if !isWord(value) {
		return false
	}
	if dot := strings.LastIndexByte(value, '.'); dot >= 0 {
		value = value[dot+1:]
	}
	return strings.EqualFold(value, name) || namesPassword(value)
}

// isPlaceholder reports whether the value stands in source code, where a real one
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

// hasSettings reports whether the text assigns something to a host, a database or
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

// isSetting reports whether the text ends in the name of such a setting.
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
