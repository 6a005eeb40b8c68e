using System.Globalization;
using Goterra.Api.Configuration;
using Goterra.Api.Hosting;
using Goterra.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using Swashbuckle.AspNetCore.Swagger;

namespace Goterra.Tests.Support;

/// <summary>
/// The description of the real application, which is built, but not started: it needs neither a store nor a port.
/// </summary>
public sealed class SwaggerFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("goterra-swagger-");
    private readonly WebApplication _app;

    public SwaggerFixture()
    {
        var options = ServerConfiguration.Load(
            ServerArguments.Parse(["--web.port", "0"]), new Dictionary<string, string?>(), _folder.FullName);
        _app = StoreHost.Build(options);

        using var text = new StringWriter(CultureInfo.InvariantCulture);
        _app.Services.GetRequiredService<ISwaggerProvider>().GetSwagger(
            OpenApiServiceCollectionExtensions.DocumentName).SerializeAsV3(new OpenApiJsonWriter(text));
        Json = text.ToString();
        (Document, Diagnostic) = OpenApiDocument.Parse(Json, "json");
    }

    public string Json { get; }

    /// <summary>The document as a client reads it.</summary>
    public OpenApiDocument? Document { get; }

    public OpenApiDiagnostic? Diagnostic { get; }

    public IServiceProvider Services => _app.Services;

    public IEnumerable<(string Name, OpenApiOperation Operation)> Operations =>
        from path in Document!.Paths
        from operation in path.Value.Operations!
        select ($"{operation.Key} {path.Key}", operation.Value);

    public OpenApiOperation Operation(string name) => Operations.Single(operation => operation.Name == name).Operation;

    /// <summary>Sends a request through the pipeline, without a connection.</summary>
    public async Task<(HttpResponse Response, string Body)> GetAsync(string path)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        (context.Request.Method, context.Request.Path) = ("GET", path);
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = path;
        var body = new MemoryStream();
        context.Response.Body = body;
        await ((IApplicationBuilder)_app).Build()(context);
        return (context.Response, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
