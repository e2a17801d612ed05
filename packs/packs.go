// Package packs holds the content shipped with the gateway.
package packs

import _ "embed"

// FAQ is the first dialog of the demo city, as dialog.ParsePack reads it.
//
//go:embed yunzhou/faq.yaml
var FAQ []byte
