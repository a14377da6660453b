package secrets

import "strings"

// bare returns a name in lower case without the signs between its words and
// without digits at its end.
func bare(name string) string {
	var out [48]byte
	n := 0
	for i := 0; i < len(name) && n < len(out); i++ {
		switch b := name[i]; {
		case b == '_' || b == '-':
		case b >= 'A' && b <= 'Z':
			out[n] = b + 'a' - 'A'
			n++
		default:
			out[n] = b
			n++
		}
	}
	return strings.TrimRight(string(out[:n]), digits)
}

// namesPassword reports whether a name is that of a password: password,
// db_password, PGPASSWORD, sslpassword, Pwd.
func namesPassword(name string) bool {
	name = bare(name)
	for _, suffix := range [...]string{"password", "passwd", "pwd", "passphrase"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// namesToken reports whether a name is that of a token, a client secret or an API
// key. Tokens that say where the next page begins are none.
func namesToken(name string) bool {
	name = bare(name)
	for _, part := range [...]string{"page", "next", "cursor", "continuation", "sync", "resume", "idempotency", "captcha"} {
		if strings.Contains(name, part) {
			return false
		}
	}
	for _, suffix := range [...]string{"token", "secret", "apikey", "secretkey", "tokensecret", "secretaccesskey"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// looksRandom reports whether a value is one word of letters and digits mixed, as
// tokens are, and nothing that a template fills in.
func looksRandom(value string) bool {
	if strings.HasPrefix(value, "[masked-") || isPlaceholder(value) {
		return false
	}
	var seen [256]bool
	different, digit, letter := 0, 0, 0
	const enough = 128
	for i := range min(len(value), enough) {
		b := value[i]
		if !opaque.has(b) && b != ':' && b != '|' && b != '!' && b != '$' {
			return false
		}
		if !seen[b] {
			seen[b] = true
			different++
		}
		if isDigit(b) {
			digit++
		} else if alnum.has(b) {
			letter++
		}
	}
	return digit >= 1 && letter >= 1 && different >= 6 && isOpaque(value)
}

// isCode reports whether a value without quotes is an expression of a program and
// not the value itself.
func isCode(value string) bool {
	if strings.ContainsAny(value, "([") || strings.HasPrefix(value, "$") || strings.HasPrefix(value, "%") {
		return true
	}
	end := strings.TrimRight(value, ",)};")
	return end != value && strings.Trim(end, letters+"_.") == "" || strings.Contains(end, ".") && isWord(end)
}

// isWord reports whether the text is a name of a program: letters, underscores, dots.
func isWord(text string) bool {
	return strings.Trim(text, uppers+lowers+"_.") == ""
}

// labels are values that say something of a password and are none.
var labels = func() map[string]bool {
	all := map[string]bool{}
	for _, word := range strings.Fields(`string text str varchar char bytes none null nil undefined true false yes no required optional
		invalid incorrect wrong missing expired changed hidden redacted masked removed number object any unknown input field empty
		unset default disabled enabled 0 1 n/a na ok failed error reset forgot set not_set`) {
		all[word] = true
	}
	return all
}()

// isLabel reports whether a value is a label, a placeholder or a type rather than a
// password: the name itself, prose, a word that speaks of passwords, <password>.
func isLabel(value, name string) bool {
	lower := strings.ToLower(value)
	if labels[lower] || isPlaceholder(value) || strings.EqualFold(value, name) || strings.Trim(value, "*.•xX-_") == "" && len(value) >= 3 {
		return true
	}
	if isTemplate(value) {
		return true
	}
	if strings.Trim(lower, lowers+" _-.,:;!?'()/") != "" && isASCII(value) {
		return false // digits and signs: no prose
	}
	if strings.ContainsAny(value, " \t") {
		return true
	}
	for _, word := range [...]string{"passw", "passphrase", "pwd", "contrase", "senha", "motdepasse", "wachtwoord", "парол", "密码", "パスワード", "비밀번호"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// isTemplate reports whether the text stands for a value that a program or a reader
// puts in: ${PASSWORD}, {{ password }}, <password>, %s.
func isTemplate(text string) bool {
	ends := text[:1] + text[len(text)-1:]
	return ends == "<>" || ends == "{}" || ends == "%%" || ends == "[]" || ends == "$}" || ends == "#}" || text == "%s" || text == "%v"
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
