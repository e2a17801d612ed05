package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeysAreMadeListedAndRevoked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hotline.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "data: %q\n", filepath.Dir(file)), 0o600); err != nil {
		t.Fatal(err)
	}
	status, key, stderr := command(t, "key", "-c", file, "add", "政务微信", "--scopes=chat,read")
	if status != 0 || !strings.HasPrefix(key, "hk_") || len(strings.TrimSpace(key)) != 57 {
		t.Fatalf("%d %q %s", status, key, stderr)
	}
	id := strings.Split(key, "_")[1]
	checkCommands(t, []commandLine{
		{"key -c " + file + " add x --scopes=all", 2, "", "没有权限"},
		{"key -c " + file + " list", 0, id + "  政务微信  chat,read", ""},
		{"key -c " + file + " revoke " + id, 0, "", ""},
		{"key -c " + file + " revoke " + id, 1, "", "没有有效的密钥"},
	})
}
