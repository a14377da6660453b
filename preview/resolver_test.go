package preview

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	const canary = "canary-4711"
	secret := NewSecret("postgres://u:" + canary + "@h/d")
	type holder struct {
		Exported   Secret
		unexported Secret
		Pointer    *Secret
		Connection Connection
		Map        map[string]Secret
	}
	value := holder{secret, secret, &secret, Connection{DSN: secret}, map[string]Secret{"a": secret}}
	_ = value.unexported

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10.3v"} {
		for _, v := range []any{secret, &secret, value, &value, []Secret{secret}, fmt.Errorf("w: %v", secret)} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("m", "secret", secret, "value", value, "group", slog.GroupValue(slog.Any("s", secret)))
	}
	if err := json.NewEncoder(&out).Encode(value); err != nil {
		t.Fatal(err)
	}
	if err := xml.NewEncoder(&out).Encode(secret); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the output holds the secret as %q", form)
		}
	}
	if !strings.Contains(secret.Reveal(), canary) {
		t.Error("Reveal does not give the text back")
	}
	var zero Secret
	if !zero.IsEmpty() || zero.Reveal() != "" {
		t.Error("the zero Secret is not empty")
	}
}

func TestStaticResolvers(t *testing.T) {
	single := SingleConnection(NewSecret("a"))
	connection, err := single.Resolve(t.Context(), DefaultConnectionID)
	if err != nil || connection.DSN.Reveal() != "a" {
		t.Errorf("the one connection: %v", err)
	}
	connections := map[string]Connection{"one": {DSN: NewSecret("1")}}
	static := StaticConnections(connections)
	connections["two"] = Connection{DSN: NewSecret("2")}
	if _, err := static.Resolve(t.Context(), "two"); !errors.Is(err, ErrConnectionNotFound) {
		t.Errorf("an id added after the call: the error is %v", err)
	}
	if _, err := single.Resolve(t.Context(), "x"); !errors.Is(err, ErrConnectionNotFound) {
		t.Errorf("an unknown id: the error is %v", err)
	}
}
