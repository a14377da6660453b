package connections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
)

// vault is a secret manager of a few secrets.
type vault map[string]string

func (v vault) Fetch(_ context.Context, reference string) (preview.Secret, error) {
	if secret, ok := v[reference]; ok {
		return preview.NewSecret(secret), nil
	}
	return preview.Secret{}, errors.New("there is no such secret")
}

func TestStoredConnections(t *testing.T) {
	const canary = "s3cr3t-canary"
	policy := Policy{Secrets: map[string]SecretSource{"test": vault{
		"test://shop#password": canary,
		"test://shop#url":      "postgres://u:" + canary + "@h/d",
		"test://bad#url":       "postgres://u:" + canary + "@h/d?options=-cx",
		"test:payload":         `{"host":"h","port":1,"database":"d","user":"u","password":"` + canary + `"}`,
		"test:text":            "postgres://u:" + canary + "@h:1/d\n",
		"test:nested":          `{"url":{"secret":"test://shop#url"}}`,
		"test:loop":            `{"secret":"test:loop"}`,
		"test:odd":             `{"host":"h","key-x":"` + canary + `"}`,
	}}}
	for _, c := range []struct {
		name, stored string
		want         string // user:password@host:port/database, or
		fault        string // a part of the error
	}{
		{name: "a URL", stored: "postgres://u:" + canary + "@h:1/d?sslmode=disable\n", want: "u:" + canary + "@h:1/d"},
		{name: "keywords", stored: "host=h port=1 user=u password='" + canary + "' dbname=d sslmode=disable", want: "u:" + canary + "@h:1/d"},
		{name: "a JSON string", stored: `"postgres://u:` + canary + `@h:1/d?sslmode=disable"`, want: "u:" + canary + "@h:1/d"},
		{name: "an object with a URL", stored: `{"url":"postgres://u:` + canary + `@h:1/d?sslmode=disable"}`, want: "u:" + canary + "@h:1/d"},
		{name: "an object with a DSN", stored: `{"dsn":"host=h port=1 user=u dbname=d password=` + canary + ` sslmode=disable"}`, want: "u:" + canary + "@h:1/d"},
		{name: "fields", stored: `{"host":"h","port":1,"database":"d","user":"u","password":"` + canary + `","sslmode":"disable"}`, want: "u:" + canary + "@h:1/d"},
		{name: "fields' other names", stored: `{"host":"h","port":"1","dbname":"d","username":"u","password":"` + canary + `","sslmode":"disable"}`, want: "u:" + canary + "@h:1/d"},
		{name: "values that look like keywords", stored: `{"host":"h","port":1,"database":"d' options='-c x","user":"u\\","password":"p' host=evil","sslmode":"disable"}`, want: `u\:p' host=evil@h:1/d' options='-c x`},
		{name: "nulls", stored: `{"host":"h","port":null,"database":"d","user":"u","username":null,"password":null,"sslmode":"disable","options":null,"url":null}`, want: "u:@h:5432/d"},
		{name: "a secret's reference", stored: `{"host":"h","port":1,"database":"d","user":"u","password":{"secret":"test://shop#password"},"sslmode":"disable"}`, want: "u:" + canary + "@h:1/d"},
		{name: "a whole secret", stored: `{"url":{"secret":"test://shop#url"}}`, want: "u:" + canary + "@h:5432/d"},
		{name: "a whole payload in a secret", stored: `{"secret":"test:payload"}`, want: "u:" + canary + "@h:1/d"},
		{name: "a whole connection string in a secret", stored: `{"secret":"test:text"}`, want: "u:" + canary + "@h:1/d"},

		{name: "a secret that refers on", stored: `{"secret":"test:nested"}`, fault: "no secret manager is configured here"},
		{name: "a secret that refers to itself", stored: `{"secret":"test:loop"}`, fault: "no secret manager is configured here"},
		{name: "a whole payload and more", stored: `{"secret":"test:payload","host":"h"}`, fault: "a key that is not one of"},
		{name: "a whole payload of no reference", stored: `{"secret":["test:payload"]}`, fault: "is no reference"},
		{name: "an odd payload in a secret", stored: `{"secret":"test:odd"}`, fault: "a key that is not one of"},
		{name: "nothing", stored: " \n", fault: "is empty"},
		{name: "garbage", stored: canary, fault: "cannot be used"},
		{name: "a service", stored: "service=" + canary, fault: "cannot be used"},
		{name: "a password file", stored: "host=h passfile=/etc/" + canary, fault: "cannot be used"},
		{name: "options", stored: "postgres://u:" + canary + "@h/d?options=-c%20search_path%3Dx", fault: "cannot be used"},
		{name: "a setting", stored: "host=h standard_conforming_strings=off password=" + canary, fault: "cannot be used"},
		{name: "a key file", stored: "host=h sslkey=/etc/" + canary, fault: "cannot be used"},
		{name: "a root certificate", stored: "postgres://h/d?sslrootcert=/etc/" + canary, fault: "cannot be used"},
		{name: "a session's setting", stored: "postgres://h/d?work_mem=" + canary, fault: "cannot be used"},
		{name: "a key that is no PEM", stored: `{"url":"postgres://h/d","sslkey":"` + canary + `"}`, fault: "is no PEM"},
		{name: "a certificate that is none", stored: `{"url":"postgres://h/d","sslrootcert":"-----BEGIN CERTIFICATE-----` + canary + `"}`, fault: "no certificate in PEM"},
		{name: "a certificate without a key", stored: `{"url":"postgres://h/d","sslcert":"-----BEGIN CERTIFICATE-----` + canary + `"}`, fault: "not a pair"},
		{name: "a role twice", stored: `{"url":"postgres://h/d?role=a","role":"` + canary + `"}`, fault: "role twice"},
		{name: "a key hidden in a secret", stored: `{"url":{"secret":"test://bad#url"}}`, fault: "cannot be used"},
		{name: "a URL that two readers cut differently", stored: "postgres://preview@[x?],127.0.0.1:5432/" + canary, fault: "no IPv6 address"},
		{name: "a NUL", stored: `{"host":"h","database":"d","user":"u","password":"` + canary + `\u0000options\u0000-cx"}`, fault: "cannot be used"},
		{name: "an unknown field", stored: `{"host":"h","database":"d","user":"u","service":"` + canary + `"}`, fault: "a key that is not one of"},
		{name: "a secret as a field", stored: `{"host":"h","postgres://u:` + canary + `@h/d":"x"}`, fault: "a key that is not one of"},
		{name: "a secret as a field twice", stored: `{"` + canary + `":1,"` + canary + `":2}`, fault: "a key twice"},
		{name: "a secret as a reference's scheme", stored: `{"host":"h","password":{"secret":"` + canary + `:x"}}`, fault: "that scheme; there are: test"},
		{name: "a secret as a reference's key", stored: `{"host":"h","password":{"` + canary + `":"x"}}`, fault: `value of "password"`},
		{name: "a field twice", stored: `{"host":"h","host":"` + canary + `"}`, fault: "a key twice"},
		{name: "a field by two names", stored: `{"host":"h","user":"a","username":"` + canary + `","database":"d"}`, fault: `"user" and "username"`},
		{name: "no host", stored: `{"database":"d","user":"u","password":"` + canary + `"}`, fault: "no value for host"},
		{name: "a URL and more", stored: `{"url":"postgres://h/d","password":"` + canary + `"}`, fault: "keys beside"},
		{name: "a null that must be something", stored: `{"host":null,"database":"d","user":"u","password":"` + canary + `"}`, fault: "no value for host"},
		{name: "nothing but null", stored: "null", fault: "cannot be used"},
		{name: "a null as a reference", stored: `{"host":"h","database":"d","user":"u","password":{"secret":null}}`, fault: "no scheme"},
		{name: "a list", stored: `{"host":["` + canary + `"]}`, fault: `value of "host"`},
		{name: "a bool", stored: `{"host":"h","database":"d","user":"u","password":true}`, fault: `value of "password"`},
		{name: "half an object", stored: `{"host":"` + canary, fault: "no JSON object"},
		{name: "two objects", stored: `{"host":"h"}{"host":"` + canary + `"}`, fault: "no JSON object"},
		{name: "no such secret", stored: `{"url":{"secret":"test://none"}}`, fault: "no such secret"},
		{name: "no such manager", stored: `{"url":{"secret":"other://` + canary + `"}}`, fault: "that scheme; there are: test"},
		{name: "no scheme", stored: `{"url":{"secret":"` + canary + `"}}`, fault: "no scheme"},
		{name: "a secret and more", stored: `{"url":{"secret":"test://shop#url","x":1}}`, fault: `value of "url"`},
		{name: "too long", stored: "postgres://h/" + strings.Repeat(canary, 10_000), fault: "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			connection, err := policy.read(context.Background(), []byte(c.stored))
			if c.fault != "" {
				if err == nil || !strings.Contains(err.Error(), c.fault) {
					t.Fatalf("got %v, want an error with %q", err, c.fault)
				}
				if later := c.name == "no such secret"; errors.Is(err, preview.ErrConnectionInvalid) == later {
					t.Errorf("whether another attempt may help is told wrong: %v", err)
				}
				if strings.Contains(err.Error(), canary) {
					t.Errorf("the error holds the secret: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			config, err := pgconn.ParseConfig(connection.DSN.Reveal())
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s:%s@%s:%d/%s", config.User, config.Password, config.Host, config.Port, config.Database)
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if len(config.RuntimeParams) != 0 {
				t.Errorf("settings of the session: %v", config.RuntimeParams)
			}
			if printed := fmt.Sprintf("%v %+v %#v", connection, connection, connection); strings.Contains(printed, canary) {
				t.Errorf("printing the connection shows the secret: %s", printed)
			}
		})
	}

	t.Run("equal payloads are one connection", func(t *testing.T) {
		payload := []byte(`{"host":"h","port":1,"database":"d","user":"u","password":"p","sslmode":"disable"}`)
		first, err := policy.read(context.Background(), payload)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			if again, err := policy.read(context.Background(), payload); err != nil || again.DSN.Reveal() != first.DSN.Reveal() {
				t.Fatalf("%s and %s: %v", first.DSN.Reveal(), again.DSN.Reveal(), err)
			}
		}
	})

	t.Run("files where the policy allows them", func(t *testing.T) {
		_, err := Policy{Files: true}.read(context.Background(), []byte("host=h user=u sslmode=verify-full sslrootcert=/nonexistent"))
		if err == nil { // allowed, and then read
			t.Error("the file that is named was not read")
		}
	})
}
