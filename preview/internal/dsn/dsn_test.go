package dsn_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/dsn"
)

// surroundings fill every gap that the driver would look into.
func surroundings(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	for name, value := range map[string]string{
		"PGHOST": "env.example", "PGPORT": "1", "PGDATABASE": "envdb", "PGUSER": "envuser", "PGPASSWORD": "envsecret",
		"PGPASSFILE": filepath.Join(home, "other"), "PGAPPNAME": "envapp", "PGCONNECT_TIMEOUT": "7", "PGSSLMODE": "disable",
		"PGSSLKEY": "/env/key", "PGSSLCERT": "/env/cert", "PGSSLCERTMODE": "disable", "PGSSLSNI": "0", "PGSSLROOTCERT": "/env/root",
		"PGSSLPASSWORD": "envsecret", "PGSSLNEGOTIATION": "direct", "PGTARGETSESSIONATTRS": "standby", "PGTZ": "Mars", "PGOPTIONS": "-c x=y",
		"PGMINPROTOCOLVERSION": "3.2", "PGMAXPROTOCOLVERSION": "3.2", "PGCHANNELBINDING": "require", "PGREQUIREAUTH": "none",
	} {
		t.Setenv(name, value)
	}
	for name, content := range map[string]string{
		".pgpass": "*:*:*:*:homesecret\n", "other": "*:*:*:*:othersecret\n", ".pg_service.conf": "[s]\nhost=service.example\n",
		".postgresql/postgresql.crt": "x", ".postgresql/postgresql.key": "x", ".postgresql/root.crt": "x",
	} {
		name = filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNothingButTheConnectionStringIsRead: each string means the same here as where there is
// nothing to fill gaps with.
func TestNothingButTheConnectionStringIsRead(t *testing.T) {
	texts := []string{
		"host=h user=u dbname=d", "host=h user=u", "dbname=d", "user=u", "port=6", "host=h user=u password=p dbname=d",
		"host=h user=u password='it\\'s' sslmode=require", `host=h user=u password=a\ b`, "host=a,b port=1,2 user=u", " host = h  user = u ",
		"host=h user=u sslmode=disable application_name=mine", "host=h user=u target_session_attrs=read-only channel_binding=disable",
		"host=h user=u options='-c search_path=x' timezone=UTC",
		"postgres://", "postgres:///", "postgres:///d", "postgres://h", "postgres://h/d", "postgres://h:6/d", "postgres://u@h/d", "postgresql://u:p@h/d",
		"postgres://u:@h/d", "postgres://:p@h/d", "postgres://u:p%40%3F@h/d", "postgres://u:p?x@h/d", "postgres://u:p?x=1@h/d?sslmode=disable",
		"postgres://u@h", "postgres://u@h?sslmode=disable", "postgres://u@h/d?", "postgres://u@h/d?ssl=true", "postgres://u@h/d?host=other&user=v&password=q",
		"postgres://u@a,b:7/d", "postgres://u@a:1,b:2/d", "postgres://u@[::1]:6/d", "postgres://u@%2Fvar%2Frun/d", "postgres:///d?host=/var/run&port=7",
		"postgres://u@h/d?application_name=mine&sslmode=verify-full",
	}
	show := func(text string) string {
		config, err := dsn.Parse(text)
		if err != nil {
			return "error"
		}
		shown := fmt.Sprint(config.Host, config.Port, config.Database, config.Password, config.ConnectTimeout, config.RuntimeParams,
			config.SSLNegotiation, config.SSLCertMode, config.MinProtocolVersion, config.MaxProtocolVersion, config.ChannelBinding, config.RequireAuth,
			config.ValidateConnect == nil, config.TLSConfig == nil, len(config.Fallbacks))
		if config.TLSConfig != nil {
			shown += fmt.Sprint(config.TLSConfig.ServerName, config.TLSConfig.InsecureSkipVerify, config.TLSConfig.RootCAs == nil, len(config.TLSConfig.Certificates))
		}
		return shown + config.User
	}
	alone := map[string]string{}
	t.Run("alone", func(t *testing.T) {
		t.Setenv("HOME", t.TempDir())
		for _, text := range texts {
			alone[text] = show(text)
			if alone[text] == "error" {
				t.Errorf("%s cannot be read", text)
			}
		}
	})
	surroundings(t)
	for _, text := range texts {
		if got := show(text); got != alone[text] {
			t.Errorf("%s: got  %s\nalone %s", text, got, alone[text])
		}
	}
}

// TestTheStringIsRead: writing the defaults out takes nothing from the string.
func TestTheStringIsRead(t *testing.T) {
	surroundings(t)
	for _, c := range []struct{ text, want string }{
		{"host=h port=6 user=u password=p dbname=d", "h 6 u p d"},
		{"postgres://u:p@h:6/d", "h 6 u p d"},
		{"postgres://u:p%40x@h:6/d?sslmode=disable", "h 6 u p@x d"},
		{"postgres://u:p?q@h:6/d", "h 6 u p?q d"},
		{"postgres://x:y@z:1/a?host=h&port=6&user=u&password=p&dbname=d", "h 6 u p d"},
		{"postgres://u@h:6/d", "h 6 u  d"},
		{"postgres://u:@h:6/d", "h 6 u  d"},
		{"host=a host=h port=6 user=x user=u dbname=a database=d password=p password=", "h 6 u  d"},
		{"postgres://h:6/d?user=x&user=u", "h 6 u  d"},
	} {
		config, err := dsn.Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := fmt.Sprint(config.Host, " ", config.Port, " ", config.User, " ", config.Password, " ", config.Database); got != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}

// TestRefused: what readers of connection strings take differently, and what
// would bring in something beside the string, is refused, and the error tells no
// part of the string.
func TestRefused(t *testing.T) {
	surroundings(t)
	for _, text := range []string{
		"", " \n", "canary", "host=h\x00 user=u", "host=canary port=x", "host=h port=0", "host=h port=65536", "host=h port=+5432", "host=h port=1,2",
		"postgres://h:canary/d", "postgres://u@h/d?sslmode=canary", "host=h connect_timeout=-1", "host=h connect_timeout=99999999999999999999",
		"service=canary", "host=h servicefile=/canary", "host=h hostaddr=10.0.0.1", "host=h replication=database", "host=h _pq_.canary=1", "host=h krbsrvname=canary",
		// Two readers cut these in different places.
		"postgres://preview@[x?],127.0.0.1:5432/shop", "postgres://preview@[canary]/shop", "postgres://u@[::1,127.0.0.1]:5432/d", "postgres://u@[]/d",
		"postgres://u@[::1]canary:5432/d", "postgres://u@[::1/d", "postgres://u@::1/d", "postgres://a@b@canary/d", "postgres://u:p/canary@h/d", "postgres://u@h%2Ccanary/d",
		"postgres://u@h /d", "postgres://u@h/d\n", "postgres://u@h/d?a", "postgres://u@h/d?a=b=canary", "postgres://u@h/d?%=canary", "postgres://u@h/d?dbname=%00canary",
		"postgres://u@h/d?ssl=true&sslmode=disable", "postgres://u@h/d?ssl=canary", "postgres://u@h/d?&application_name=canary",
		"host=h HOST=canary", "host=h user=u user=''", "host=h ssl=true", "host=h user=u\\", "host='h'user=canary", "host='canary", "host h user=u",
		"host=@canary", `host=C:\\canary`, "host=[::1]", "host=::1]", "host='a b'", "host=h#canary", "host=a%2Fb",
	} {
		config, err := dsn.Parse(text)
		var fault *dsn.Error
		if !errors.As(err, &fault) {
			t.Errorf("%q was read: %v", text, config)
			continue
		}
		if fault.Message == "" || strings.Contains(fault.Error(), "canary") {
			t.Errorf("%q: the error is %q", text, fault)
		}
	}
	t.Setenv("PGSERVICE", "s")
	if _, err := dsn.Parse("host=h user=u dbname=d"); err == nil || !strings.Contains(err.Error(), "PGSERVICE") {
		t.Errorf("with a service file: %v", err)
	}
}
