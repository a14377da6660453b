package sanitize

import (
	"strings"
	"testing"
	"time"
)

// hostileUnits, repeated, make the values that cost the most: those on which a
// careless search would look at the same bytes again and again.
func hostileUnits() map[string]string {
	return map[string]string{
		"NUL":                     "\x00",
		"invalid bytes":           "\xff",
		"zero width":              "\u200b",
		"marks":                   "\u0301",
		"letter and marks":        "e" + strings.Repeat("\u0301", 30),
		"non-joiners":             "ب\u200c",
		"non-joiner among marks":  "ب" + strings.Repeat("\u064b", 15) + "\u200c" + strings.Repeat("\u064b", 15),
		"direction marks, joiner": strings.Repeat("\u200e", 40) + "\u200d",
		"joiners":                 "\u200d",
		"virama joiner":           "\u094d\u200d",
		"emoji and joiners":       "👩\u200d",
		"regional indicators":     "🇩",
		"selectors":               "葛\U000e0100",
		"jamo":                    "\u1100",
		"prepended":               "\u0600",
		"eyJ":                     "eyJ",
		"eyJ.":                    "eyJ.",
		"eyJ-":                    "eyJ-",
		"schemes":                 "a://",
		"authorities":             "a://b:c",
		"password=":               "password=",
		"?password=":              "?password=",
		"host=password=":          "host=password=",
		"quoted passwords":        "host=a password='",
		"BEGIN PRIVATE KEY":       "-----BEGIN PRIVATE KEY-----",
		"keys without end":        "-----BEGIN PRIVATE KEY-----\nABCDEFGHIJKLMNOPQ\n",
		"PuTTY":                   "Private-Lines:",
		"AKIA":                    "AKIA",
		"ghp_":                    "ghp_",
		"xoxb-":                   "xoxb-",
		"$2a$":                    "$2a$",
		"T3BlbkFJ":                "T3BlbkFJ",
		"hooks.slack.com/":        "hooks.slack.com/",
		"Authorization: Basic":    "Authorization: Basic ",
		"digits":                  "4",
		"groups":                  "4111 ",
		"cards":                   "4111 1111 1111 1111,",
		"cards alone":             "4111111111111111 ",
		"SG.":                     "SG.",
		"Q~":                      "8Q~",
		"-us":                     "0-us",
		"masks":                   "[masked-jwt]",
		"equals":                  "=",
		"4242":                    "4242 ",
		"4242 and card":           "card 4242 ",
		"password:":               "password:",
		"password: ":              "password: ",
		"lines of password:":      "\npassword: ",
		"json password":           `"password":"`,
		"escaped password":        `\"password\":\"`,
		"<password>":              "<password>",
		"token=":                  "token=",
		"token: ":                 "token: ",
		"?token=":                 "?token=",
		"secret \"":               `secret="`,
		"pwd":                     "pwd",
		"kty":                     `"kty"`,
		"{kty":                    `{"kty":"d":`,
		"auth":                    `"auth":"`,
		"authorization":           "authorization: ",
		"Authorization: Digest":   "Authorization: Digest a=b ",
		"crypt":                   "$6$rounds=",
		"MD5-crypt":               "$1$abc$",
		"argon2":                  "$argon2",
		"machine login password":  "machine login password ",
		"AccountKey":              "AccountKey=",
		"soft hyphens":            "a\u00AD",
		"direction marks":         "\u200E",
		"joiners in Bengali":      "ই\u200C",
	}
}

// BenchmarkHostile prints for every unit how much longer a byte takes in a value
// of 64 Ki characters than in one of 1 Ki, limits included: a search that is not
// linear would show as a factor near 64.
func BenchmarkHostile(b *testing.B) {
	const small, large = 1 << 10, 1 << 16
	sanitizer := func(limit int) *Sanitizer {
		s, err := New(Config{MaxCharacters: limit})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	little, big := sanitizer(small), sanitizer(large)
	for name, unit := range hostileUnits() {
		b.Run(name, func(b *testing.B) {
			short, long := repeatTo(unit, 4*small), repeatTo(unit, 4*large)
			b.SetBytes(int64(len(long)))
			rounds := 0
			for b.Loop() {
				benchSink, _ = big.Text(long)
				rounds++
			}
			own := b.Elapsed()
			start := time.Now()
			for range rounds * large / small {
				benchSink, _ = little.Text(short)
			}
			took := time.Since(start)
			b.ReportMetric(float64(own)/float64(took), "x_short_values")
			b.ReportMetric(float64(took.Nanoseconds())/float64(rounds*large/small)/1000, "us/KiB_value")
		})
	}
}
