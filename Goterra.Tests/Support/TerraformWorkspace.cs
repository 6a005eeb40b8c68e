using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Goterra.Tests.Support;

/// <summary>A folder with a configuration, and the real terraform with the built provider.</summary>
internal sealed class TerraformWorkspace : IDisposable
{
    public const string ApiKey = "the-api-key-of-alice";

    /// <summary>The block that every configuration needs.</summary>
    public const string Requirements =
        """
        terraform {
          required_providers {
            goterra = { source = "goterra/goterra" }
          }
        }

        """;

    private readonly TempFolder _folder = new();
    private readonly string _url;

    public TerraformWorkspace(string url)
    {
        _url = url.TrimEnd('/');
        // Terraform takes the first file of that name, which would be the right one in the folder of the tests, too.
        var provider = Directory.CreateDirectory(_folder.File("provider")).FullName;
        File.CreateSymbolicLink(Path.Combine(provider, "terraform-provider-goterra"), ProviderPath);
        File.WriteAllText(
            _folder.File("terraform.rc"),
            $$"""
            provider_installation {
              dev_overrides {
                "goterra/goterra" = "{{provider}}"
              }
              direct {}
            }
            """);
    }

    /// <summary>The built program, in the output directory of the tests.</summary>
    public static string ProviderPath { get; } = Path.Combine(AppContext.BaseDirectory, "terraform-provider-goterra");

    /// <summary>The configuration of a server with one user.</summary>
    public static string ServerYaml { get; } =
        "users:\n  - uid: alice\n    key_sha256: "
        + $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ApiKey)))}\n";

    public Dictionary<string, string> Variables { get; } = new() { ["GOT_APIKEY"] = ApiKey };

    public string StateText => ReadAll("terraform.tfstate");

    public static Task<RunningServer> StartServerAsync(TempFolder? folder = null, int port = 0) =>
        RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_WEB_PORT"] = $"{port}" }, folder, yaml: ServerYaml);

    public string PathOf(string name) => _folder.File(name);

    public void Write(string name, string text) => File.WriteAllText(_folder.File(name), text);

    public void WriteConfiguration(string text) => Write("main.tf", Requirements + text);

    public async Task<(int Exit, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        return await EndAsync(process);
    }

    /// <summary>Runs it, and expects that it succeeds.</summary>
    public async Task<string> SucceedAsync(params string[] arguments)
    {
        var (exit, output) = await RunAsync(arguments);
        Assert.True(exit == 0, output);
        return output;
    }

    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("terraform", [.. arguments, "-no-color"])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(
            name => name.StartsWith("GOT", StringComparison.Ordinal)
                || name.StartsWith("TF_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["GOT_URL"] = _url;
        start.Environment["TF_CLI_CONFIG_FILE"] = _folder.File("terraform.rc");
        start.Environment["CHECKPOINT_DISABLE"] = "1";
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        foreach (var (name, value) in Variables)
            start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException("not started");
    }

    /// <summary>The output, with line breaks and the frame of errors removed.</summary>
    public static async Task<(int Exit, string Output)> EndAsync(Process process)
    {
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var words = (output + await errors).Split((char[])['\n', ' ', '│'], StringSplitOptions.RemoveEmptyEntries);
        return (process.ExitCode, string.Join(' ', words));
    }

    /// <summary>Fails if a file of the state, or an entry of a plan file, contains one of the texts.</summary>
    public void AssertNowhere(params string[] secrets)
    {
        var texts = Directory.EnumerateFiles(_folder.Path, "*.tfstate*", SearchOption.AllDirectories)
            .Select(file => (Name: file, Bytes: File.ReadAllBytes(file))).ToList();
        foreach (var plan in Directory.EnumerateFiles(_folder.Path, "*.tfplan"))
        {
            using var archive = ZipFile.OpenRead(plan);
            foreach (var entry in archive.Entries)
            {
                using var stream = entry.Open();
                using var copy = new MemoryStream();
                stream.CopyTo(copy);
                texts.Add(($"{plan}/{entry.Name}", copy.ToArray()));
            }
        }

        Assert.NotEmpty(texts);
        foreach (var (name, bytes) in texts)
            Assert.All(secrets, secret => Assert.True(
                bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, $"{name} contains {secret}"));
    }

    public void Dispose() => _folder.Dispose();

    private string ReadAll(string name) => File.ReadAllText(_folder.File(name));
}
