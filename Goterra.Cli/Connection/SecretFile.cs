namespace Goterra.Cli.Connection;

/// <summary>A file that a variable names in place of the secret itself.</summary>
internal static class SecretFile
{
    public static string Read(string path, string variable)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"{variable}: {problem.Message}");
        }
    }
}
