package apilist

import (
	"flag"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the listings instead of comparing them")

const (
	module  = "example.com/jsonrpc"
	root    = "../.."
	folder  = root + "/api"
	command = "go test ./internal/apilist -update"
)

func TestAPI(t *testing.T) {
	watchSources(t)
	exports := exportFiles(t)
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	var names []string
	for _, path := range publicPackages(t) {
		pkg, err := imports.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(path, module), "/"), "/", "-")
		if name == "" {
			name = pkg.Name()
		}
		names = append(names, name+".txt")
		compare(t, filepath.Join(folder, name+".txt"), list(pkg))
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(names, f.Name()) {
			t.Errorf("api/%s lists a package that is not there: remove it", f.Name())
		}
	}
	if t.Failed() {
		t.Logf("if this is meant: %s", command)
	}
}

// watchSources opens the folders of the module, because go test keeps a result
// until something that the test itself opened has changed.
func watchSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || path == root {
			return err
		}
		_, err = os.Stat(filepath.Join(path, "go.mod"))
		if name := entry.Name(); err == nil || name[0] == '.' || name == "testdata" {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// compare compares a listing to its file, or writes it.
func compare(t *testing.T, file string, listing []string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.Join(listing, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("%v: write it with %s", err, command)
		return
	}
	listed := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")), "\n")
	for _, line := range listed {
		if !slices.Contains(listing, line) {
			t.Errorf("%s: gone: %s", filepath.Base(file), line)
		}
	}
	for _, line := range listing {
		if !slices.Contains(listed, line) {
			t.Errorf("%s: new: %s", filepath.Base(file), line)
		}
	}
}

// publicPackages returns the import paths of the packages that users can import.
func publicPackages(t *testing.T) (paths []string) {
	t.Helper()
	for _, line := range goList(t, "-f", "{{.Name}} {{.ImportPath}}", "./...") {
		name, path, _ := strings.Cut(line, " ")
		if name != "main" && !slices.Contains(strings.Split(path, "/"), "internal") {
			paths = append(paths, path)
		}
	}
	return paths
}

// exportFiles returns where the compiler's summaries of packages are, by import
// path.
func exportFiles(t *testing.T) map[string]string {
	t.Helper()
	files := make(map[string]string)
	for _, line := range goList(t, "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./...") {
		path, file, _ := strings.Cut(line, " ")
		files[path] = file
	}
	return files
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// list returns a line for each exported thing of a package.
func list(pkg *types.Package) (lines []string) {
	inPackage := func(other *types.Package) string {
		if other == pkg {
			return ""
		}
		return other.Name()
	}
	for _, name := range pkg.Scope().Names() {
		if !token.IsExported(name) {
			continue
		}
		switch obj := pkg.Scope().Lookup(name).(type) {
		case *types.Const:
			lines = append(lines, types.ObjectString(obj, inPackage)+" = "+obj.Val().ExactString())
		case *types.TypeName:
			lines = append(lines, listType(obj, inPackage)...)
		default:
			lines = append(lines, types.ObjectString(obj, inPackage))
		}
	}
	return lines
}

// listType returns a line for a type and one for each exported field and method.
func listType(obj *types.TypeName, inPackage types.Qualifier) (lines []string) {
	text := func(t types.Type) string { return types.TypeString(t, inPackage) }
	name := obj.Name()
	switch u := obj.Type().Underlying().(type) {
	case *types.Struct:
		lines = append(lines, header(obj, inPackage)+" struct")
		for i := range u.NumFields() {
			if f := u.Field(i); f.Exported() {
				line := fmt.Sprintf("field %s.%s %s", name, f.Name(), text(f.Type()))
				if tag := reflect.StructTag(u.Tag(i)); tag != "" {
					line += fmt.Sprintf(" `%s`", tag)
				}
				lines = append(lines, line)
			}
		}
	case *types.Interface:
		line := header(obj, inPackage) + " interface"
		for method := range u.Methods() {
			if !method.Exported() {
				line += ", sealed"
				break
			}
		}
		lines = append(lines, line)
	default:
		lines = append(lines, header(obj, inPackage)+" "+text(u))
	}
	if obj.IsAlias() {
		return lines
	}
	// The methods of a pointer are all there are; one that a value has is listed
	// without the star.
	values := types.NewMethodSet(obj.Type())
	methods := types.NewMethodSet(types.NewPointer(obj.Type()))
	if types.IsInterface(obj.Type()) {
		methods = values
	}
	for i := range methods.Len() {
		method := methods.At(i).Obj()
		if !method.Exported() {
			continue
		}
		star := "*"
		if values.Lookup(method.Pkg(), method.Name()) != nil {
			star = ""
		}
		signature := strings.TrimPrefix(text(methods.At(i).Type()), "func")
		lines = append(lines, fmt.Sprintf("method (%s%s) %s%s", star, name, method.Name(), signature))
	}
	return lines
}

// header returns the beginning of a type's declaration, with type parameters.
func header(obj *types.TypeName, inPackage types.Qualifier) string {
	line := "type " + obj.Name()
	if obj.IsAlias() {
		return line + " ="
	}
	named, ok := obj.Type().(*types.Named)
	if !ok || named.TypeParams().Len() == 0 {
		return line
	}
	var params []string
	for p := range named.TypeParams().TypeParams() {
		params = append(params, p.Obj().Name()+" "+types.TypeString(p.Constraint(), inPackage))
	}
	return line + "[" + strings.Join(params, ", ") + "]"
}
