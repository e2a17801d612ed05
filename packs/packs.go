// Package packs holds the content shipped with the gateway, as dialog/pack reads it: yunzhou, the
// hotline of a fictional city; maker, the after-sales line of a car maker; bank, that of a bank.
package packs

import "embed"

// Files holds one folder for each pack.
//
//go:embed yunzhou maker bank
var Files embed.FS
