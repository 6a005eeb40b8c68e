namespace Goterra.Tests.Unit;

[Trait("Category", "Unit")]
public sealed class SourceFilesTests
{
    private const int MaxLineLength = 120;

    [Fact]
    public void Line_AnyCode_IsNotLongerThanTheEditorAllows()
    {
        var files = Directory.EnumerateFiles(SourceTree.Root, "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(SourceTree.Root, file))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj" || part.StartsWith('.')))
            .ToList();

        Assert.NotEmpty(files);
        Assert.Contains($"max_line_length = {MaxLineLength}", File.ReadAllText(SourceTree.PathOf(".editorconfig")));
        Assert.Empty(files.SelectMany(file => File.ReadLines(SourceTree.PathOf(file))
            .Select((line, index) => (Place: $"{file}:{index + 1}", line.Length))
            .Where(line => line.Length > MaxLineLength)));
    }
}
