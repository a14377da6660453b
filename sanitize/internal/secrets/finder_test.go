package secrets

import (
	"strings"
	"testing"
)

func finder(t *testing.T) *Finder {
	t.Helper()
	f, err := New(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func masked(f *Finder, text string, hints Hints) string {
	var out strings.Builder
	at := 0
	for _, m := range f.Find(text, hints) {
		out.WriteString(text[at:m.Start] + Mask(m.Detector))
		at = m.End
	}
	return out.String() + text[at:]
}

// Every rule must belong to a detector that is described, and its literal must
// be seen by the prefilter wherever it stands.
func TestPrefilterSeesEveryLiteral(t *testing.T) {
	t.Parallel()
	f := finder(t)
	described := map[string]bool{}
	for _, d := range Detectors() {
		described[d.Name] = true
	}
	for i, r := range f.rules {
		if !described[r.detector] {
			t.Errorf("%s is not described", r.detector)
		}
		for padding := range 9 {
			text := strings.Repeat(" ", padding) + r.literal
			seen := false
			for at := 0; at+2 <= len(text); at += 2 {
				key := pair(text[at], text[at+1])
				if f.filter.hit[key] == 0 {
					continue
				}
				for k := int(f.filter.begin[key]); ; k++ {
					a := f.filter.anchors[k]
					seen = seen || int(a.rule) == i && at-int(a.offset) == padding
					if a.last {
						break
					}
				}
			}
			if !seen {
				t.Errorf("%s: %q at %d is not seen", r.detector, r.literal, padding)
			}
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	f := finder(t)
	alnum := func(n int) string { return strings.Repeat("aB3dE5gH7jK9", n/12+1)[:n] }
	lower := strings.Repeat("0123456789abcdef", 6)
	for _, test := range []struct {
		name, text, want string
		hints            Hints
	}{
		{"github", "token ghp_" + alnum(36) + ".", "token [masked-github_token].", Hints{}},
		{"github too short", "ghp_" + alnum(20), "", Hints{}},
		{"github cut", "ghp_" + alnum(20), "[masked-github_token]", Hints{Partial: true}},
		{"aws", "id=AKIAIOSFODNN7EXAMPLE;", "id=[masked-aws_access_key_id];", Hints{}},
		{"aws in a word", "xAKIAIOSFODNN7EXAMPLE", "", Hints{}},
		{"aws longer", "AKIAIOSFODNN7EXAMPLEX", "", Hints{}},
		{"aws secret", `aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`, "aws_secret_access_key = [masked-aws_secret_access_key]", Hints{}},
		{"aws secret json", `{"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}`, `{"SecretAccessKey": "[masked-aws_secret_access_key]"}`, Hints{}},
		{"jwt", "x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl y", "x [masked-jwt] y", Hints{}},
		{"jwt cut", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "[masked-jwt]", Hints{Partial: true}},
		{"json in base64", "eyJmb28iOiJiYXIifQ.eyJmb28iOiJiYXIifQ.abcdefghijkl", "", Hints{}},
		{"uri", "postgres://app:hunter2@db/x", "postgres://app:[masked-uri_password]@db/x", Hints{}},
		{"uri at in password", "postgres://app:p@ss@db/x", "postgres://app:[masked-uri_password]@db/x", Hints{}},
		{"uri slash in password", "postgres://app:pa/ss@db/x", "postgres://app:[masked-uri_password]@db/x", Hints{}},
		{"uri without user", "redis://:pw@h", "redis://:[masked-uri_password]@h", Hints{}},
		{"uri with port", "http://localhost:8080/@x", "", Hints{}},
		{"uri user only", "ssh://git@github.com/x", "", Hints{}},
		{"uri starred", "https://u:***@h", "", Hints{}},
		{"uri masked", "https://u:[masked-uri_password]@h", "", Hints{}},
		{"jdbc", "jdbc:postgresql://h/db?user=u&password=geheim&ssl=1", "jdbc:postgresql://h/db?user=u&password=[masked-uri_password]&ssl=1", Hints{}},
		{"dsn", "host=h user=u password='a b' dbname=d", "host=h user=u password='[masked-dsn_password]' dbname=d", Hints{}},
		{"ado", "Server=h;User Id=u;Password=s3cret;", "Server=h;User Id=u;Password=[masked-dsn_password];", Hints{}},
		{"password without settings", "set password=hunter2", "", Hints{}},
		{"authorization", "Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer [masked-authorization_header]", Hints{}},
		{"bcrypt", "$2b$12$" + alnum(53), "[masked-password_hash]", Hints{}},
		{"scram", "SCRAM-SHA-256$4096:" + alnum(24) + "$" + alnum(44) + ":" + alnum(44), "[masked-password_hash]", Hints{}},
		{"md5", "md5" + lower[:32], "[masked-password_hash]", Hints{}},
		{"md5 longer", "md5" + lower[:33], "", Hints{}},
		{"mysql", "*" + strings.ToUpper(lower[:40]), "[masked-password_hash]", Hints{}},
		{"price", "$1,000 and $2 and $5", "", Hints{}},
		{"pem", "a\n-----BEGIN RSA PRIVATE KEY-----\n" + alnum(64) + "\n-----END RSA PRIVATE KEY-----\nb", "a\n[masked-private_key]\nb", Hints{}},
		{"pem json", `{"k":"-----BEGIN PRIVATE KEY-----\n` + alnum(64) + `\n-----END PRIVATE KEY-----\n"}`, `{"k":"[masked-private_key]\n"}`, Hints{}},
		{"pem without end", "-----BEGIN PRIVATE KEY-----\n" + alnum(64) + "\nmore", "[masked-private_key]", Hints{}},
		{"pgp", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + alnum(64) + "\n-----END PGP PRIVATE KEY BLOCK-----", "[masked-private_key]", Hints{}},
		{"pem mentioned", "put -----BEGIN PRIVATE KEY----- here", "", Hints{}},
		{"public key", "-----BEGIN PUBLIC KEY-----\n" + alnum(64) + "\n-----END PUBLIC KEY-----", "", Hints{}},
		{"card alone", "4111111111111111", "[masked-card_number]", Hints{}},
		{"card in groups", "pay 4111 1111 1111 1111 now", "pay [masked-card_number] now", Hints{}},
		{"card amex", "3782-822463-10005", "[masked-card_number]", Hints{}},
		{"card with word", "visa: 4111111111111111, thanks", "visa: [masked-card_number], thanks", Hints{}},
		{"number in prose", "order 4111111111111111 shipped", "", Hints{}},
		{"card by column", "4111111111111111", "[masked-card_number]", Hints{Number: true, Column: "cardNumber"}},
		{"bigint", "4111111111111111", "", Hints{Number: true, Column: "id"}},
		{"wrong check digit", "4111111111111112", "", Hints{}},
		{"seventeen digits", "41111111111111111", "", Hints{}},
		{"decimal", "4111111111111111.5", "", Hints{}},
		{"row of groups", "1234 4111 1111 1111 1111 5678", "", Hints{}},
		{"uuid", "12345678-4111-1111-1111-111111111111", "", Hints{}},
		{"telegram", "123456789:AA" + alnum(33), "[masked-telegram_token]", Hints{}},
		{"azure", "abc8Q~" + alnum(34), "[masked-azure_client_secret]", Hints{}},
		{"sendgrid", "SG." + alnum(22) + "." + alnum(43), "[masked-sendgrid_key]", Hints{}},
		{"mailchimp", lower[:32] + "-us12", "[masked-mailchimp_key]", Hints{}},
		{"terraform", alnum(14) + ".atlasv1." + alnum(60), "[masked-terraform_token]", Hints{}},
		{"openai", "sk-" + alnum(20) + "T3BlbkFJ" + alnum(20), "[masked-openai_key]", Hints{}},
		{"webhook", "https://hooks.slack.com/services/T" + alnum(8) + "/B" + alnum(8) + "/" + alnum(24), "https://hooks.slack.com/[masked-webhook_url]", Hints{}},
		{"token as a password", "https://x:ghp_" + alnum(36) + "@h", "https://x:[masked-uri_password]@h", Hints{}},
	} {
		for padding := range 17 { // every place in a word of the prefilter
			if padding > 0 && (test.name == "mysql" || strings.HasPrefix(test.name, "card alone")) {
				continue
			}
			want := test.want
			if want == "" {
				want = test.text
			}
			space := strings.Repeat(" ", padding)
			if got := masked(f, space+test.text, test.hints); got != space+want {
				t.Errorf("%s: got %q, want %q", test.name, got, space+want)
			}
		}
	}
}

func TestMasksMatchNothing(t *testing.T) {
	t.Parallel()
	var every []string
	for _, d := range Detectors() {
		every = append(every, d.Name)
	}
	f, err := New(nil, every, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range Detectors() {
		for _, text := range []string{"%", " %", "%%", "x%y", "4%4", "host=%;password=%", "a://u:%@h", "Authorization: Basic %"} {
			text = strings.ReplaceAll(text, "%", Mask(d.Name))
			if found := f.Find(text, Hints{}); found != nil {
				t.Errorf("%q: found %v", text, found)
			}
		}
	}
}
