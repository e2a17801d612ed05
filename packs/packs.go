// Package packs holds the content shipped with the gateway.
package packs

import "embed"

// FAQ is the first dialog of the demo city, as dialog.ParsePack reads it.
//
//go:embed yunzhou/faq.yaml
var FAQ []byte

// Yunzhou is the knowledge of the demo city, as kb.LoadDir reads it: kb.yaml, categories.yaml,
// departments.yaml and graph.yaml under yunzhou.
//
//go:embed yunzhou/kb.yaml yunzhou/categories.yaml yunzhou/departments.yaml yunzhou/graph.yaml
var Yunzhou embed.FS

// Model understands what is said to the demo city, as nlu.Read reads it; hotline train makes it from
// the knowledge, subjects.tsv, utterances.tsv and train/*.tsv under yunzhou.
//
//go:embed yunzhou/nlu.model.gz
var Model []byte
