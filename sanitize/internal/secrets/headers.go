package secrets

import "strings"

// authorization matches the credentials of an HTTP header. after is the end of
// "Authorization". Of the schemes that are registered, and of any other whose
// credentials look like some, everything after the scheme's name is masked, up to
// the end of the line or of the string.
func (s *scan) authorization(_, after int) {
	begin := skipAny(s.text, after, 8, " \t\"'\\:=>,")
	if begin == after || begin == len(s.text) {
		return
	}
	end := s.within(inLine, begin)
	if at := strings.IndexByte(s.text[begin:end], '\\'); at >= 0 { // \n or \" in JSON
		end = begin + at
	}
	scheme := begin
	for scheme < end && (url64.has(s.text[scheme])) {
		scheme++
	}
	start := skipAny(s.text, scheme, 4, " ")
	if start == scheme || start >= end { // no scheme: the credentials stand alone
		if value := s.text[begin:scheme]; scheme == end && len(value) >= 16 && looksRandom(value) || s.cutShort(end, end-begin) && looksRandom(value) {
			s.add(begin, scheme, "authorization_header")
		}
		return
	}
	if parameters[strings.ToLower(s.text[begin:scheme])] { // name="value" pairs; their strings may be in quotes
		end = s.lineEnd(start)
		if strings.Contains(s.text[start:end], "=") || s.cutShort(end, end-start) {
			s.add(start, end, "authorization_header")
		}
		return
	}
	least, known := schemes[strings.ToLower(s.text[begin:scheme])]
	if !known {
		least = 16
	}
	stop := s.runEnd(opaque, start)
	value := s.text[start:min(stop, end)]
	if len(value) >= least && (known || looksRandom(value)) || s.cutShort(stop, len(value)) && (known || looksRandom(value)) {
		s.add(start, start+len(value), "authorization_header")
	}
}

// lineEnd returns the end of the line from i on, of what is looked at.
func (s *scan) lineEnd(i int) int {
	end := min(len(s.text), i+maxValue)
	if at := strings.IndexAny(s.text[i:end], "\r\n"); at >= 0 {
		end = i + at
	}
	if at := strings.Index(s.text[i:end], `\n`); at >= 0 {
		end = i + at
	}
	return end
}

// schemes are authentication schemes with one credential, and its least length.
var schemes = map[string]int{
	"basic": 8, "bearer": 12, "token": 12, "apikey": 12, "api-key": 12, "bot": 12, "key": 12, "negotiate": 16, "ntlm": 16, "ssws": 12,
	"splunk": 12, "geniekey": 12, "privatetoken": 12, "dpop": 12, "sharedkey": 12, "sharedkeylite": 12, "gogs": 12, "jwt": 12, "discogs": 12,
	"zoho-oauthtoken": 12, "x-api-key": 12, "private": 12, "deepl-auth-key": 12,
}

// parameters are schemes whose credentials are pairs of names and values.
var parameters = map[string]bool{
	"digest": true, "oauth": true, "hawk": true, "aws4-hmac-sha256": true, "signature": true, "mac": true, "eg1-hmac-sha256": true,
	"hoba": true, "scram-sha-256": true, "scram-sha-1": true, "vapid": true, "sso-key": true, "hmac-sha256": true, "acs-hmac-sha256": true,
}
