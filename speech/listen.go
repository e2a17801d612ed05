package speech

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline"
)

// grace is how long requests may go on after the order to end.
const grace = 3 * time.Second

// Listen opens a unix socket that only its owner may use. The folder is made when missing. A socket
// that a dead process left is replaced; one that answers is an error with hotline.CodeConflict.
func Listen(ctx context.Context, socket string) (net.Listener, error) {
	const op = "listen on socket"
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if old, err := new(net.Dialer).DialContext(ctx, "unix", socket); err == nil {
		_ = old.Close()
		return nil, hotline.Errorf(op, hotline.CodeConflict, "%s is in use", socket)
	}
	if err := removeSocket(socket); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return l, nil
}

// removeSocket removes a socket and nothing else.
func removeSocket(path string) error {
	found, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if found.Mode()&fs.ModeSocket == 0 {
		return hotline.Errorf("remove stale socket", hotline.CodeConflict, "%s is no socket", path)
	}
	return os.Remove(path)
}

// Serve answers on the listeners, which it closes, until ctx ends; requests at work have some
// seconds to end, then they are cancelled.
func Serve(ctx context.Context, handler http.Handler, logger *slog.Logger, listeners ...net.Listener) error {
	requests, cancelRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelRequests()
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	group, within := errgroup.WithContext(ctx)
	for _, l := range listeners {
		group.Go(func() error {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve speech: %w", err)
			}
			return nil
		})
	}
	group.Go(func() error {
		<-within.Done()
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if server.Shutdown(patience) == nil {
			return nil
		}
		cancelRequests()
		return server.Close()
	})
	return group.Wait()
}
