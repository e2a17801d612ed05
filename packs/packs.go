// Package packs holds the content shipped with the gateway, as dialog/pack reads it: yunzhou, the
// hotline of a fictional city; maker, the after-sales line of a car maker; bank, that of a bank.
package packs

import (
	"embed"
	"io/fs"
	"os"
	"slices"

	"github.com/hotline-cc/hotline/dialog/pack"
)

// Files holds one folder for each pack.
//
//go:embed yunzhou maker bank
var Files embed.FS

// Default is the pack that answers when none was chosen. Packs without labelled sentences of their own learn
// acts from its sentences.
const Default = "yunzhou"

// Names are the packs that are shipped.
func Names() []string { return []string{Default, "maker", "bank"} }

// Folder finds a pack: a shipped one by its name, "" the default, anything else a folder.
func Folder(place string) (files fs.FS, dir string) {
	switch {
	case place == "":
		return Files, Default
	case slices.Contains(Names(), place):
		return Files, place
	}
	return os.DirFS(place), "."
}

// Open reads a pack that Folder finds.
func Open(place string) (*pack.Pack, error) { return pack.Load(Folder(place)) }
