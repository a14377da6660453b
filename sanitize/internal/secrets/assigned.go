package secrets

import "strings"

// How a name and a value stand together.
type assignment uint8

const (
	noAssignment assignment = iota
	byParameter             // ?name=value and &name=value
	byEquals                // name=value, name = value
	byColon                 // name: value
	byMapping               // "name": "value", 'name' => 'value', key="name" value="value"
	byElement               // <name>value</name>
	byBlank                 // name value, as in netrc
)

// maxValue is how far the end of a value is looked for.
const maxValue = 1024

// pairing is a name with the value that is assigned to it.
type pairing struct {
	how        assignment
	begin, end int // of the name
	value      int // where the value begins
	stop       int // where it ends
	quoted     bool
	blanks     bool // blanks stand between the sign and the value
}

// nameAround returns the name around a literal.
func (s *scan) nameAround(start, after int) pairing {
	const longest = 40
	p := pairing{begin: start, end: after}
	for p.begin > 0 && start-p.begin < longest && url64.has(s.text[p.begin-1]) {
		p.begin--
	}
	for p.end < len(s.text) && p.end-after < longest && url64.has(s.text[p.end]) {
		p.end++
	}
	return p
}

// assign finds what is assigned to the name.
func (s *scan) assign(p *pairing) {
	at := p.end
	quote := false
	if at < len(s.text) && s.text[at] == '\\' { // JSON within a string
		at++
	}
	if at < len(s.text) && (s.text[at] == '"' || s.text[at] == '\'') {
		quote = p.begin > 0 && s.text[p.begin-1] == s.text[at]
		at++
	} else {
		at = p.end
	}
	sign := skipAny(s.text, at, 4, " \t")
	if sign == len(s.text) {
		return
	}
	switch rest := s.text[sign:]; {
	case strings.HasPrefix(rest, "=>"):
		p.how, p.value = byMapping, sign+2
	case quote && rest[0] == ':':
		p.how, p.value = byMapping, sign+1
	case quote && hasFold(rest, "value="):
		p.how, p.value = byMapping, sign+len("value=")
	case quote:
	case rest[0] == ':' && !strings.HasPrefix(rest, "::") && !strings.HasPrefix(rest, "://"):
		p.how, p.value = byColon, sign+1
		if strings.HasPrefix(rest, ":=") {
			p.how, p.value = byEquals, sign+2
		}
	case rest[0] == '=' && !strings.HasPrefix(rest, "=="):
		p.how, p.value = byEquals, sign+1
		if p.begin > 0 && (s.text[p.begin-1] == '?' || s.text[p.begin-1] == '&') && sign == p.end {
			p.how = byParameter
		}
	case rest[0] == '>' && p.begin > 0 && (s.text[p.begin-1] == '<' || s.text[p.begin-1] == ':'):
		p.how, p.value = byElement, sign+1
	case sign > p.end:
		p.how, p.value = byBlank, sign
	}
	if p.how != noAssignment {
		s.findValue(p)
	}
}

// findValue sets where the value begins and ends.
func (s *scan) findValue(p *pairing) {
	if p.how == byElement {
		p.stop = s.within(inElement, p.value)
		return
	}
	sign := p.value
	p.value = skipAny(s.text, p.value, 8, " \t")
	if p.how == byMapping {
		p.value = skipAny(s.text, p.value, 64, " \t\r\n")
	}
	p.blanks = p.value > sign
	at := p.value
	escaped := at+1 < len(s.text) && s.text[at] == '\\' && (s.text[at+1] == '"' || s.text[at+1] == '\'')
	if escaped {
		at++
	}
	if at < len(s.text) && (s.text[at] == '"' || s.text[at] == '\'') && p.how != byParameter {
		p.quoted = true
		p.value = at + 1
		p.stop = s.closing(p.value, s.text[at], escaped)
		return
	}
	switch p.how {
	case byParameter:
		p.stop = s.within(inParameter, p.value)
	case byColon:
		p.stop = s.within(inLine, p.value)
		if at := strings.Index(s.text[p.value:p.stop], `\n`); at >= 0 {
			p.stop = p.value + at
		}
		if at := strings.Index(s.text[p.value:p.stop], " #"); at >= 0 {
			p.stop = p.value + at
		}
		for p.stop > p.value && s.text[p.stop-1] == ' ' {
			p.stop--
		}
	case byMapping:
		p.stop = p.value // only a string is a value
	default:
		p.stop = s.within(inWord, p.value)
		if at := strings.Index(s.text[p.value:p.stop], `\n`); at >= 0 {
			p.stop = p.value + at
		}
	}
}

// within returns where the stretch of bytes of set that begins at i ends, or the
// end of what is looked at.
func (s *scan) within(set charset, i int) int { return min(s.runEnd(set, i), i+maxValue) }

// closing returns where the quote stands that ends a string.
func (s *scan) closing(i int, quote byte, escaped bool) int {
	for end := min(len(s.text), i+maxValue); i < end; i++ {
		switch {
		case s.text[i] == '\\' && escaped && i+1 < len(s.text) && s.text[i+1] == quote:
			return i
		case s.text[i] == '\\' && i+1 < end:
			i++
		case s.text[i] == quote && !escaped:
			return i
		}
	}
	return i
}

// beginsLine reports whether the name stands first on its line, after blanks, the
// marks of a list, a shell's words or the parts of a name before it.
func (s *scan) beginsLine(p *pairing) bool {
	i := p.begin
	for i > 0 && p.begin-i < 64 && (dotted.has(s.text[i-1]) || s.text[i-1] == '/') { // spring.datasource.password
		i--
	}
	for i > 0 && p.begin-i < 96 && (s.text[i-1] == ' ' || s.text[i-1] == '\t') {
		i--
	}
	before := s.text[max(0, i-8):i]
	if before == "" || i > 0 && strings.IndexByte("\n\r", s.text[i-1]) >= 0 || strings.HasSuffix(before, `\n`) {
		return true
	}
	for _, word := range [...]string{"export", "ENV", "env", "set", "setx", "-", "-e", "--env", ";", "&&", "docker", "SET"} {
		if rest, ok := strings.CutSuffix(before, word); ok && (rest == "" || !alnum.has(rest[len(rest)-1])) {
			return word != "set" && word != "SET" || strings.ToUpper(s.text[p.begin:p.end]) == s.text[p.begin:p.end]
		}
	}
	return false
}

// password matches what is assigned to the name of a password.
func (s *scan) password(start, after int) {
	if start < s.valueEnd {
		return // within the last value
	}
	if after-start == len("pwd") && after < len(s.text) && alnum.has(s.text[after]) && !isDigit(s.text[after]) {
		return // the name goes on
	}
	p := s.nameAround(start, after)
	name := s.text[p.begin:p.end]
	if !namesPassword(name) {
		return
	}
	s.assign(&p)
	if p.how == noAssignment || p.how == byBlank && !s.afterLogin(p.begin) {
		return
	}
	if p.how == byEquals && s.hasSettings() {
		s.dsnPassword(&p)
		return
	}
	if p.how == byEquals && !p.quoted {
		p.stop = min(p.stop, s.within(inForm, p.value)) // the body of a form
	}
	value := s.text[p.value:p.stop]
	switch {
	case name == "PWD" || name == "OLDPWD":
		return // a shell's working directory
	case p.how == byParameter:
		if strings.Trim(value, "*") != "" {
			s.valueEnd = p.stop
			s.add(p.value, p.stop, "uri_password")
		}
		return
	case p.quoted, p.how == byElement, p.how == byBlank:
	case p.how == byEquals:
		flag := p.begin >= 2 && s.text[p.begin-2:p.begin] == "--" || strings.HasPrefix(name, "--")
		if !flag && (!s.beginsLine(&p) || p.blanks || s.text[p.end] != '=') || isCode(value) {
			return
		}
	case p.how == byColon:
		if !s.beginsLine(&p) || !p.blanks || isCode(value) || strings.ContainsAny(value, " \t") || strings.IndexByte("&*{[|>!", first(value)) >= 0 {
			return
		}
	}
	if p.how == byElement && !strings.HasPrefix(s.text[p.stop:], "</") && !s.hints.Partial {
		return
	}
	if p.quoted {
		s.valueEnd = p.stop // a label may hold the word as well
	}
	if value != "" && !isLabel(value, name) {
		s.valueEnd = p.stop
		s.add(p.value, p.stop, "assigned_password")
	}
}

// afterLogin reports whether a netrc names a login before i.
func (s *scan) afterLogin(i int) bool {
	before := s.text[max(0, i-128):i]
	if i > 0 && strings.IndexByte(" \t\r\n", s.text[i-1]) < 0 {
		return false
	}
	return strings.Contains(before, "login ") && (strings.Contains(before, "machine ") || strings.Contains(before, "default"))
}

// assignedToken matches what is assigned to the name of a token, a secret or an
// API key, if it looks like nothing else.
func (s *scan) assignedToken(start, after int) {
	if start < s.valueEnd {
		return
	}
	p := s.nameAround(start, after)
	if !namesToken(s.text[p.begin:p.end]) {
		return
	}
	if s.assign(&p); p.how == noAssignment || p.how == byBlank {
		return
	}
	if p.how == byColon && !p.blanks && !p.quoted {
		return // x-access-token:...@host
	}
	value := s.text[p.value:p.stop]
	for strings.HasSuffix(value, ".") || strings.HasSuffix(value, ",") {
		value = value[:len(value)-1]
	}
	least := 12
	if p.how == byParameter || len(s.text[p.begin:p.end]) > 2 && (s.text[p.begin] == 'X' || s.text[p.begin] == 'x') && s.text[p.begin+1] == '-' {
		least = 8
	}
	stop := p.value + len(value)
	if len(value) >= least && looksRandom(value) || s.cutShort(stop, len(value)) && looksRandom(value) {
		s.valueEnd = p.stop
		s.add(p.value, stop, "assigned_token")
	}
}

func first(text string) byte {
	if text == "" {
		return ' '
	}
	return text[0]
}
