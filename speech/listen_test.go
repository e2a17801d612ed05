package speech

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

func TestListenReplacesAStaleSocketOnly(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "private", "s")
	first, err := Listen(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), socket); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Errorf("while one listens: %v", err)
	}
	first.(*net.UnixListener).SetUnlinkOnClose(false) // as a killed process leaves it
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := Listen(t.Context(), socket)
	if err != nil {
		t.Fatalf("over a stale one: %v", err)
	}
	defer second.Close()
	checkMode(t, filepath.Dir(socket), 0o700)
	checkMode(t, socket, 0o600)
}

func TestListenLeavesOtherFilesAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "letter")
	if err := os.WriteFile(path, []byte("Dear all,"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := Listen(t.Context(), path); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Errorf("%v, %v", l, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestServeCancelsWhatDoesNotEnd(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := Listen(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	working := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(working)
			<-r.Context().Done()
		}), slog.New(slog.DiscardHandler), l)
	}()
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: speech\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-working
	cancel()
	select {
	case err := <-served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("Serve waits for ever")
	}
}
