package asr

import "github.com/hotline-cc/hotline/internal/han"

// Simplify turns traditional script into simplified script, character for character: the result has
// as many characters as s. Other text stays as it is.
func Simplify(s string) string { return han.Simplify(s) }

// Variants returns the characters that become c when they are simplified, without c itself.
func Variants(c rune) []rune { return han.Variants(c) }
