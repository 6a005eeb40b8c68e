using System.Runtime.CompilerServices;

namespace Goterra.Tests.Support;

/// <summary>The files of this repository that are not code, as they were when the tests were built.</summary>
public static class SourceTree
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", ".."));

    public static string PathOf(string file) => Path.Combine(Root, file);

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
