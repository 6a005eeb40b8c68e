using System.Net;
using System.Security.Cryptography;
using Goterra.Api.Configuration;
using Goterra.Api.Tls;

namespace Goterra.Api.Hosting;

/// <summary>
/// <c>goterra-store make-certificate</c>: makes a private CA and a server certificate, for a trial.
/// </summary>
internal static class CertificateCreation
{
    private const string Usage =
        "usage: goterra-store make-certificate [--out FOLDER] [NAME]...; each NAME is a host name or IP address of "
        + "this server";

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        if (Parse(args) is not var (folder, names))
        {
            await errors.WriteLineAsync($"goterra-store: {Usage}");
            return 2;
        }

        var certificates = new TrialCertificates(Path.GetFullPath(folder), TimeProvider.System);
        try
        {
            certificates.Create(names);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            await errors.WriteLineAsync($"goterra-store: {e.Message}");
            return 1;
        }

        await output.WriteLineAsync(
            $"""
            Certificate for {string.Join(", ", names)}, valid for a year; run the command again to renew it.

            For the server:
            {Settings.Variable(Settings.TlsCertificate)}={certificates.CertificatePath}
            {Settings.Variable(Settings.TlsKey)}={certificates.KeyPath}
            {Settings.Variable(Settings.Url)}=https://{Host(names[0])}:8000

            For clients, with a copy of this file:
            GOT_CACERT={certificates.AuthorityPath}
            """);
        return 0;
    }

    private static (string Folder, IReadOnlyList<string> Names)? Parse(string[] args)
    {
        var (folder, names) = (".", new List<string>());
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--out" && i + 1 < args.Length && args[i + 1].Length > 0)
                folder = args[++i];
            else if (IPAddress.TryParse(args[i], out _) || Uri.CheckHostName(args[i]) == UriHostNameType.Dns
                || (args[i].StartsWith("*.", StringComparison.Ordinal)
                    && Uri.CheckHostName(args[i][2..]) == UriHostNameType.Dns))
                names.Add(args[i]);
            else
                return null;
        }

        string[] own = names.Count == 0 ? [Environment.MachineName.ToLowerInvariant()] : [];
        return (folder, [.. names.Concat(own).Concat(["localhost", "127.0.0.1", "::1"]).Distinct()]);
    }

    private static string Host(string name) => name.Contains(':', StringComparison.Ordinal) ? $"[{name}]" : name;
}
