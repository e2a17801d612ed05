package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// server is a PostgreSQL of the tests' own, reached by a unix socket.
var server struct {
	socket    string // folder; "" when PostgreSQL is not installed
	missing   error
	databases atomic.Int64
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Println("failed:", workChild(dir))
		os.Exit(1)
	}
	stop, err := startPostgres()
	server.missing = err
	code := m.Run()
	stop()
	os.Exit(code)
}

// startPostgres starts the server of Debian's package. Started by root, it runs as another user, as
// PostgreSQL wants it.
func startPostgres() (stop func(), err error) {
	stop = func() {}
	initdb, errInit := postgresProgram("initdb")
	postgres, errServer := postgresProgram("postgres")
	if err := errors.Join(errInit, errServer); err != nil {
		return stop, err
	}
	dir, err := os.MkdirTemp("", "hotline-pg-")
	if err != nil {
		return stop, err
	}
	stop = func() { _ = os.RemoveAll(dir) }
	who, err := unprivileged(dir)
	if err != nil {
		return stop, err
	}
	data := filepath.Join(dir, "data")
	begin := exec.Command(initdb, "-D", data, "-U", "hotline", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
	begin.SysProcAttr, begin.Dir = &syscall.SysProcAttr{Credential: who}, dir
	if out, err := begin.CombinedOutput(); err != nil {
		return stop, fmt.Errorf("initdb: %w: %s", err, out)
	}
	run := exec.Command(postgres, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")
	run.SysProcAttr, run.Dir = &syscall.SysProcAttr{Credential: who, Pdeathsig: syscall.SIGINT}, dir
	if err := run.Start(); err != nil {
		return stop, err
	}
	stop = func() {
		_ = run.Process.Signal(syscall.SIGINT)
		_ = run.Wait()
		_ = os.RemoveAll(dir)
	}
	server.socket = dir
	for range 200 {
		if err = admin("SELECT 1"); err == nil {
			return stop, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return stop, fmt.Errorf("postgres does not answer: %w", err)
}

func postgresProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return filepath.EvalSymlinks(path)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return "", fmt.Errorf("%s is not installed; scripts/setup.sh tests brings it", name)
	}
	return slices.Max(found), nil
}

func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}

func postgresURL(database string) string {
	return "postgres://hotline@/" + database + "?host=" + server.socket
}

func admin(statement string) error {
	pool, err := sql.Open("pgx", postgresURL("postgres"))
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.Exec(statement)
	return err
}

// engine opens an empty storage; called again, the same one.
type engine func(t *testing.T) *DB

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, open engine)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		dir := t.TempDir()
		test(t, func(t *testing.T) *DB { return opened(t, Config{Dir: dir}) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		if server.missing != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(server.missing)
			}
			t.Skip(server.missing)
		}
		name := fmt.Sprintf("test%d", server.databases.Add(1))
		if err := admin("CREATE DATABASE " + name); err != nil {
			t.Fatal(err)
		}
		test(t, func(t *testing.T) *DB { return opened(t, Config{URL: postgresURL(name)}) })
	})
}

func opened(t *testing.T, cfg Config) *DB {
	t.Helper()
	d, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
