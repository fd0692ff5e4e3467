package scenario

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Go returns s as an element of a []Scenario in Go source, without its zero
// fields.
func (s *Scenario) Go() string {
	var b strings.Builder
	printValue(&b, reflect.ValueOf(*s), "\t", false)
	b.WriteString(",\n")
	return b.String()
}

// printValue writes a value; elements of slices need no type in front of them. A
// struct of one line is one that has no slices.
func printValue(b *strings.Builder, v reflect.Value, indent string, typed bool) {
	switch v.Kind() {
	case reflect.String:
		b.WriteString(strconv.Quote(v.String()))
	case reflect.Slice:
		fmt.Fprintf(b, "[]%s{", v.Type().Elem().Name())
		for i := range v.Len() {
			b.WriteString("\n" + indent + "\t")
			printValue(b, v.Index(i), indent+"\t", false)
			b.WriteString(",")
		}
		b.WriteString("\n" + indent + "}")
	case reflect.Struct:
		if typed {
			b.WriteString(v.Type().Name())
		}
		printFields(b, v, indent)
	default:
		fmt.Fprint(b, v.Interface())
	}
}

func printFields(b *strings.Builder, v reflect.Value, indent string) {
	b.WriteString("{")
	long := hasSlice(v)
	first := true
	for i := range v.NumField() {
		f := v.Field(i)
		if f.IsZero() {
			continue
		}
		switch {
		case long:
			b.WriteString("\n" + indent + "\t")
		case !first:
			b.WriteString(", ")
		}
		first = false
		b.WriteString(v.Type().Field(i).Name + ": ")
		printValue(b, f, indent+"\t", true)
		if long {
			b.WriteString(",")
		}
	}
	if long && !first {
		b.WriteString("\n" + indent)
	}
	b.WriteString("}")
}

func hasSlice(v reflect.Value) bool {
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && f.Len() > 0 {
			return true
		}
	}
	return false
}
