package record

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestExpireRemovesWholeDaysThatAreNotInUse(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"2026/01/30/a", "2026/01/31/b", "2026/02/01/c", "2026/02/02/d", "quarantine/e", "open"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "open", "b"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	days, err := Expire(root, time.Date(2026, 2, 2, 12, 0, 0, 0, time.UTC))
	if err != nil || days != 2 {
		t.Fatalf("removed %d days, %v; want 2", days, err)
	}
	for dir, kept := range map[string]bool{
		"2026/01/30": false, "2026/01/31/b": true, "2026/02/01": false, "2026/02/02/d": true, "quarantine/e": true,
	} {
		if _, err := os.Stat(filepath.Join(root, dir)); (err == nil) != kept {
			t.Errorf("%s kept: %v, want %v", dir, err == nil, kept)
		}
	}
}
