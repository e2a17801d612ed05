package api

import (
	"bytes"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// sniff returns the type of a file by its first bytes, "" for one that is not taken.
func sniff(head []byte) string {
	kind, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	switch kind {
	case "image/jpeg", "image/png", "image/webp", "application/pdf", "audio/mpeg":
		return kind
	case "audio/wave":
		return "audio/wav"
	case "text/plain":
		if len(head) > 0 && !bytes.Contains(bytes.ToLower(head), []byte("<svg")) {
			return kind
		}
	}
	// An MPEG audio frame without ID3 tag: sync word, layer III, a bit rate and a rate that exist.
	if len(head) > 3 && head[0] == 0xff && head[1]&0xe6 == 0xe2 && head[1]&0x18 != 0x08 && head[2]>>4 != 0xf && head[2]>>4 != 0 && head[2]&0x0c != 0x0c {
		return "audio/mpeg"
	}
	return ""
}

// endings are those that the name of a file of a type may have; the first one is given to others.
var endings = map[string][]string{
	"image/jpeg": {".jpg", ".jpeg"}, "image/png": {".png"}, "image/webp": {".webp"}, "application/pdf": {".pdf"},
	"audio/mpeg": {".mp3"}, "audio/wav": {".wav"}, "text/plain": {".txt", ".csv", ".log"},
}

const maxNameLetters = 120

// fileName is what a file is called. It ends as its content wants, so that no one who opens it later
// starts a program or a page: what is one type by its first bytes may be another one by its name.
func fileName(given, kind string) string {
	name := tidy(strings.ReplaceAll(filepath.Base(strings.ReplaceAll(given, `\`, "/")), "\n", ""), maxNameLetters)
	if name = strings.Trim(name, ". "); name == "" || name == "/" {
		name = "file"
	}
	if allowed := endings[kind]; len(allowed) > 0 && !slices.Contains(allowed, strings.ToLower(filepath.Ext(name))) {
		name += allowed[0]
	}
	return name
}

// freeSpace returns how much room the disk of a folder has.
func freeSpace(dir string) (bytes uint64, err error) {
	var s syscall.Statfs_t
	err = syscall.Statfs(dir, &s)
	return s.Bavail * uint64(s.Bsize), err
}

// sweepUploads removes what uploads have left behind that were cut off with the process.
func sweepUploads(dir string, before time.Time) {
	left, _ := filepath.Glob(filepath.Join(dir, "upload-*")) // the pattern is a good one
	for _, path := range left {
		if stat, err := os.Stat(path); err == nil && stat.ModTime().Before(before) {
			_ = os.Remove(path) // there is another time
		}
	}
}
