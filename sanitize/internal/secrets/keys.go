package secrets

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// jsonWebToken matches a JWS or JWE in compact form: base64url parts with dots
// between, of which the first decodes to a JSON object with an "alg".
func (s *scan) jsonWebToken(start, _ int) {
	if start > 0 && alnum.has(s.text[start-1]) {
		return
	}
	header := s.runEnd(url64, start)
	if header == s.noHeader {
		return // this stretch was decoded before
	}
	if cut := header == len(s.text) && s.hints.Partial; !cut && !declaresAlgorithm(s.text[start:header]) {
		s.noHeader = header
		return
	}
	end, parts := header, 1
	for parts < 5 && end < len(s.text) && s.text[end] == '.' {
		end = s.runEnd(url64, end+1)
		parts++
	}
	// An empty signature makes a token, an empty payload does not.
	if parts >= 3 && end > header+10 || s.cutShort(end, end-start-len("eyJ")) {
		s.add(start, end, "jwt")
	}
}

// maxHeader bounds how much of a header is decoded; real ones name their
// algorithm at once.
const maxHeader = 1024

func declaresAlgorithm(header string) bool {
	var source, decoded [maxHeader]byte
	n := copy(source[:], header)
	if n%4 == 1 {
		n--
	}
	n, err := base64.RawURLEncoding.Decode(decoded[:], source[:n])
	return err == nil && bytes.Contains(decoded[:n], []byte(`"alg"`))
}

// lineEnds is white space, the escapes in which JSON writes line ends, and what
// quotes a line or makes it a comment.
const lineEnds = " \t\r\n\\nr>|#*"

// privateKey matches a PEM, OpenPGP or SSH2 private key, from its first dashes
// to its last, or to the end of the text if that is missing.
func (s *scan) privateKey(literal, after int) {
	if literal < s.keyEnd {
		return // within the last key
	}
	const label = "BEGIN SSH2 ENCRYPTED " // the longest
	from := max(0, literal-len(label))
	begin := strings.LastIndex(s.text[from:literal], "BEGIN ")
	if begin < 0 || strings.Trim(s.text[from+begin:literal], uppers+digits+" ") != "" {
		return
	}
	begin += from
	if begin > 0 && s.text[begin-1] == ' ' { // as SSH2 writes it
		begin--
	}
	for i := 0; i < 5 && begin > 0 && s.text[begin-1] == '-'; i++ {
		begin--
	}
	if strings.HasPrefix(s.text[after:], " BLOCK") {
		after += len(" BLOCK")
	}
	body := skipAny(s.text, after, 6, " -")
	cut := s.hints.Partial && body == len(s.text)
	if body-after < 4 && !cut || !s.keyBody(body) {
		return
	}
	end := len(s.text)
	for _, mark := range [...]string{"---END ", "--- END "} {
		if at := strings.Index(s.text[body:], mark); at >= 0 {
			end = min(end, s.endLine(body+at+len(mark)))
		}
	}
	s.keyEnd = end
	s.add(begin, end, "private_key")
}

// keyBody reports whether a key follows a header, and not the prose of somebody
// who only mentions one.
func (s *scan) keyBody(at int) bool {
	const enough, far = 16, 256
	at = skipAny(s.text, at, far, lineEnds)
	if at == len(s.text) {
		return s.hints.Partial
	}
	for _, header := range [...]string{"Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Charset:", "Hash:", "MessageID:", "Subject:"} {
		if strings.HasPrefix(s.text[at:], header) {
			return true
		}
	}
	end := at
	for end < len(s.text) && end < at+enough && base64std.has(s.text[end]) {
		end++
	}
	return end-at == enough || s.hints.Partial && end == len(s.text)
}

// endLine returns the end of an end line whose label begins at i.
func (s *scan) endLine(i int) int {
	for end := min(len(s.text), i+40); i < end && (capital.has(s.text[i]) || s.text[i] == ' '); {
		i++
	}
	return skipAny(s.text, i, 6, "-")
}

// puttyKey matches the private lines of a PuTTY key file.
func (s *scan) puttyKey(_, after int) {
	if after < s.keyEnd {
		return
	}
	end := strings.Index(s.text[after:], "Private-MAC:")
	if end < 0 {
		end = len(s.text) - after
	}
	if end > 16 || s.hints.Partial {
		s.keyEnd = after + end
		s.add(after, s.keyEnd, "private_key")
	}
}

// awsKey matches an access key ID, and the secret key that stands behind it where
// a colon or another sign parts the two.
func (s *scan) awsKey(start, after int) {
	end := s.runEnd(capital, after)
	length := end - after
	full := length == 16 && !s.wordBefore(start) && (end == len(s.text) || !word.has(s.text[end])) && !isFiller(s.text[after:end])
	if !full && (!s.cutShort(end, length) || length > 16 || s.wordBefore(start)) {
		return
	}
	s.add(start, end, "aws_access_key_id")
	if secret := end + 1; full && secret < len(s.text) && strings.IndexByte(":,;|/", s.text[end]) >= 0 {
		if stop := s.runEnd(base64std, secret); stop-secret == 40 || s.cutShort(stop, stop-secret) && stop-secret < 40 {
			s.add(secret, stop, "aws_secret_access_key")
		}
	}
}

// awsSecret matches 40 characters that are assigned to a name that ends in
// access key, which is where after points.
func (s *scan) awsSecret(_, after int) {
	name := strings.ToLower(s.text[max(0, after-24):after])
	if !strings.Contains(name, "secret") {
		return
	}
	start := skipAny(s.text, after, 12, " \t\"'\\:=>,")
	end := s.runEnd(base64std, start)
	// An equals sign belongs to base64 and stands before the key as well.
	if start > after && (end-start == 40 || s.cutShort(end, end-start)) {
		s.add(start, end, "aws_secret_access_key")
	}
}

// azureSecret matches a client secret of Microsoft Entra: three characters, a
// digit, Q~, and 31 to 34 more.
func (s *scan) azureSecret(start, after int) {
	in := func(b byte) bool { return dotted.has(b) || b == '~' }
	begin := start
	for begin > 0 && start-begin < 4 && in(s.text[begin-1]) {
		begin--
	}
	end := after
	for end < len(s.text) && end-after < 36 && in(s.text[end]) {
		end++
	}
	if length := end - after; start-begin == 3 && (length >= 31 && length <= 34 || s.cutShort(end, length)) {
		s.add(begin, end, "azure_client_secret")
	}
}

// azureSignature matches the signature of a shared access signature, which is
// base64 and may be escaped for a URI.
func (s *scan) azureSignature(_, after int) {
	end := after
	for end < len(s.text) && end-after < 128 && (either64.has(s.text[end]) || s.text[end] == '%') {
		end++
	}
	if length := end - after; length >= 43 || s.cutShort(end, length) {
		s.add(after, end, "azure_sas_token")
	}
}

// openAILegacy matches a key around the mark that older keys hold.
func (s *scan) openAILegacy(start, after int) {
	begin := start
	for begin > 0 && start-begin < 160 && url64.has(s.text[begin-1]) {
		begin--
	}
	if at := strings.Index(s.text[begin:start], "sk-"); at >= 0 {
		end := s.runEnd(url64, after)
		if end-after >= 20 || s.cutShort(end, end-after) {
			s.add(begin+at, end, "openai_key")
		}
	}
}

// mailchimpKey matches 32 hexadecimal digits, the last of which begins the
// literal, -us and the number of a data centre.
func (s *scan) mailchimpKey(start, after int) {
	begin := start
	for begin > 0 && start-begin < 32 && hexes.has(s.text[begin-1]) {
		begin--
	}
	end := skipAny(s.text, after, 2, digits)
	inWord := end < len(s.text) && (word.has(s.text[end]) || s.text[end] == '.' && end+1 < len(s.text) && alnum.has(s.text[end+1]))
	if start-begin == 31 && end > after && !s.wordBefore(begin) && (begin == 0 || s.text[begin-1] != '/') && !inWord {
		s.add(begin, end, "mailchimp_key")
	}
}

// terraformToken matches 14 letters and digits, .atlasv1. and 60 or more.
func (s *scan) terraformToken(start, after int) {
	begin := start
	for begin > 0 && start-begin < 14 && alnum.has(s.text[begin-1]) {
		begin--
	}
	end := s.runEnd(url64, after)
	if start-begin == 14 && (end-after >= 60 || s.cutShort(end, end-after)) {
		s.add(begin, end, "terraform_token")
	}
}

// sendGridKey matches SG., about 22 characters, a dot, and about 43.
func (s *scan) sendGridKey(start, after int) {
	if s.wordBefore(start) {
		return
	}
	first := s.runEnd(url64, after)
	if length := first - after; length < 16 || length > 32 {
		if s.cutShort(first, length) && length <= 32 {
			s.add(start, first, "sendgrid_key")
		}
		return
	}
	end := first
	if first < len(s.text) && s.text[first] == '.' {
		end = s.runEnd(url64, first+1)
	}
	if length := end - first; length >= 33 && length <= 65 || s.cutShort(end, end-after) {
		s.add(start, end, "sendgrid_key")
	}
}

// telegramToken matches 8 to 10 digits, a colon, AA and 33 more.
func (s *scan) telegramToken(start, after int) {
	begin := start
	for begin > 0 && start-begin < 11 && isDigit(s.text[begin-1]) {
		begin--
	}
	end := s.runEnd(url64, after)
	if n := start - begin; n >= 8 && n <= 10 && (end-after == 33 || s.cutShort(end, end-after)) {
		s.add(begin, end, "telegram_token")
	}
}

// webhook matches the path of a URL that lets anybody post.
func (s *scan) webhook(start, after int) {
	path := s.text[after:]
	if strings.HasPrefix(s.text[start:], "discord") { // between api and webhooks may stand a version
		if at := strings.Index(path[:min(len(path), 24)], "webhooks"); at < 0 {
			return
		}
	}
	end := after
	const longest = 512
	for end < len(s.text) && end-after < longest && (opaque.has(s.text[end]) || s.text[end] == '\\' && strings.HasPrefix(s.text[end:], `\/`)) {
		end++
	}
	for end > after && s.text[end-1] == '.' {
		end--
	}
	if end-after >= 20 && isOpaque(s.text[after:end]) || s.cutShort(end, end-after) {
		s.add(after, end, "webhook_url")
	}
}

// azureKey matches the base64 that is assigned to a name that ends in AccountKey
// or SharedAccessKey, which is where after points.
func (s *scan) azureKey(_, after int) {
	start := skipAny(s.text, after, 12, " \t\r\n\"'\\:=>,")
	end := s.runEnd(base64std, start)
	if start > after && (end-start >= 40 || s.cutShort(end, end-start)) {
		s.add(start, end, "azure_key")
	}
}

// keyData matches the private key of a kubeconfig, which is base64.
func (s *scan) keyData(_, after int) {
	start := skipAny(s.text, after, 8, " \t\r\n\"'\\:=")
	end := s.runEnd(base64std, start)
	if start > after && (end-start >= 60 || s.cutShort(end, end-start)) {
		s.add(start, end, "private_key")
	}
}

// dockerAuth matches a user and a password in base64, as Docker's configuration
// holds them.
func (s *scan) dockerAuth(_, after int) {
	start := skipAny(s.text, after, 8, " \t\r\n\":\\")
	end := start
	const longest = 1024
	for end < len(s.text) && end-start < longest && base64std.has(s.text[end]) {
		end++
	}
	var decoded [longest]byte
	n, _ := base64.StdEncoding.Decode(decoded[:], []byte(s.text[start:end])) // what came before a fault counts
	if colon := bytes.IndexByte(decoded[:n], ':'); start > after && colon > 0 && colon < n-1 && end-start >= 8 {
		s.add(start, end, "assigned_password")
	} else if s.cutShort(end, end-start) {
		s.add(start, end, "assigned_password")
	}
}

// jsonWebKey matches the private members of a JSON Web Key (RFC 7518, 6.2.2,
// 6.3.2 and 6.4), whose "kty" stands at start.
func (s *scan) jsonWebKey(start, _ int) {
	if start < s.objectEnd {
		return
	}
	const far = 4096
	begin := strings.LastIndexByte(s.text[max(s.objectEnd, start-far):start], '{')
	if begin < 0 {
		s.objectEnd = start // look at no byte twice
		return
	}
	begin += max(s.objectEnd, start-far)
	end := min(len(s.text), start+far)
	if at := strings.IndexByte(s.text[start:end], '}'); at >= 0 {
		end = start + at
	}
	s.objectEnd = end
	for i := begin; i < end; {
		quote := s.text[i]
		if quote != '"' && quote != '\'' {
			i++
			continue
		}
		close := strings.IndexByte(s.text[i+1:end], quote)
		if close < 0 {
			return
		}
		name := strings.TrimSuffix(s.text[i+1:i+1+close], `\`)
		i += close + 2
		switch name {
		case "d", "p", "q", "dp", "dq", "qi", "k":
			from := skipAny(s.text, i, 8, " \t\r\n\"'\\:")
			to := s.runEnd(url64, from)
			if to-from >= 16 || s.cutShort(to, to-from) {
				s.add(from, to, "private_key")
			}
			i = max(i, to)
		}
	}
}
